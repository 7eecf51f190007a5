"""What is under version control: no download addresses in locks, no paths of one machine, no changed vendored files."""

import json
import re
import subprocess
import sys

import pytest

from tests.architecture.source import PACKAGE, ROOT, sources, tracked

ADDRESS = re.compile(
    r'"resolved":\s*"[a-z]+://|--(?:extra-)?index-url|registry\s*=\s*"[a-z]+://|^\s*url\s*=', re.MULTILINE
)
# Homes and work folders that exist on one machine only. A path in an example is written as ~/… or /srv/….
MACHINE = re.compile(r"(?<![\w.~/-])/(?:work|root|home|Users|farm|workspace|builds)/[\w.]|\.\./shared\b")
BINARY = (".png", ".jpg", ".ico", ".woff2", ".mo", ".xlsx", ".xls", ".sqlite3", ".gz", ".zip", ".webp")


def test_locks_hold_hashes_and_no_addresses():
    locks = tracked("requirements/*.txt", "*package-lock.json", "*.lock")
    assert "requirements/core.txt" in locks
    for name in locks:
        text = (ROOT / name).read_text()
        assert not ADDRESS.search(text), f"{name} holds a download address"
        if name.startswith("requirements/"):
            pinned = re.findall(r"^([a-z0-9][\w.-]*)(?:\[\w+\])?==", text, re.MULTILINE | re.IGNORECASE)
            assert pinned
            for block in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]:
                assert "--hash=sha256:" in block, f"{name}: no hash for {block.split()[0]}"


def test_no_tracked_file_names_a_machine():
    found = []
    for name in tracked(":!linli/vendor", ":!tests/architecture/test_repository.py"):
        if name.endswith(BINARY):
            continue
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        found += [f"{name}: {one.group()}" for one in MACHINE.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    ("start", "rest"), [("see /", "root/.linli"), ("cd /", "home/lin/linli"), ("cp ../", "shared/x .")]
)
def test_a_planted_path_is_found(start, rest):
    """In two pieces, so that this file itself names none."""
    assert MACHINE.search(start + rest)


def test_json_files_can_be_read():
    for name in tracked("*.json", ":!linli/vendor"):
        json.loads((ROOT / name).read_text(encoding="utf-8"))


def test_pages_carry_no_styles_and_scripts_of_their_own():
    """The content security policy refuses them, so a page that has one is broken in the browser."""
    inline = re.compile(r"<style\b|\sstyle\s*=\s*[\"']|\son[a-z]+\s*=\s*[\"']|<script(?![^>]*\bsrc=)[^>]*>|javascript:")
    data = re.compile(r"<script[^>]*type=\"(?:application/json|importmap)\"[^>]*>")
    found = []
    for name in tracked("linli/*.html"):
        text = data.sub("", (ROOT / name).read_text(encoding="utf-8"))
        found += [f"{name}: {one.group()}" for one in inline.finditer(text)]
    assert found == []


def test_every_form_that_posts_carries_its_token():
    """Django's, or the proof of a page behind a personal link, which sets no cookie before the tap."""
    form = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL | re.IGNORECASE)
    found = []
    for name in tracked("linli/*.html"):
        for one in form.finditer((ROOT / name).read_text(encoding="utf-8")):
            posts = re.search(r"method\s*=\s*[\"']post|hx-post", one.group(), re.IGNORECASE)
            if posts and not re.search(r"csrf_token|\w+\.proof", one.group()):
                found.append(f"{name}: {one.group()[:80]}")
    assert found == []


def test_only_pages_with_a_proof_of_their_own_go_without_djangos_token():
    exempt = {one.path for one in sources() if "csrf_exempt" in one.text}
    assert exempt <= {"alerts/views/about.py", "alerts/views/public.py", "messages/views/provider.py"}


def test_vendored_files_are_as_published():
    run = [sys.executable, str(PACKAGE / "vendor" / "renew.py"), "--check"]
    found = subprocess.run(run, capture_output=True, text=True, check=False)  # noqa: S603
    assert found.returncode == 0, found.stdout + found.stderr
