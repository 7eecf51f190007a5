"""A NUL byte in an address finds nothing, on every database, and breaks nothing."""

import pytest


@pytest.mark.parametrize("address", ["/places/%00", "/register/?q=%00", "/alerts/?page=%00", "/tasks/?kind=a%00b"])
def test_a_nul_byte_is_no_server_error(sign_in, address):
    assert sign_in("chen").get(address).status_code < 500
