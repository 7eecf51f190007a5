"""SMS: any gateway that speaks HTTP, and the interfaces of the two large Chinese clouds, signed as their public
documentation says (ACS3-HMAC-SHA256, TC3-HMAC-SHA256)."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from linli.core import clock
from linli.messages import rules
from linli.messages.senders.base import Letter, Refused, Simple, post, read_object

HEADLINE_MOST = 35  # of a template's variable: longer ones are refused by the carriers


def _fill(shape: Any, values: Mapping[str, str]) -> Any:
    """A structure with `{phone}`, `{text}` … in its texts filled in: never by joining JSON, so no text can break out."""
    if isinstance(shape, dict):
        return {key: _fill(value, values) for key, value in shape.items()}
    if isinstance(shape, list):
        return [_fill(value, values) for value in shape]
    if isinstance(shape, str):
        for name, value in values.items():
            if shape == f"{{{name}}}":
                return value
        for name, value in values.items():
            shape = shape.replace(f"{{{name}}}", value)
    return shape


def values_of(letter: Letter) -> dict[str, str]:
    return {
        "phone": letter.to,
        "text": letter.plain,
        "headline": letter.subject[:HEADLINE_MOST],
        "link": letter.link,
        "ref": letter.ref,
    }


def look_up(found: Any, path: str) -> Any:
    """'data.0.code' in an answer; None where there is nothing."""
    for part in path.split("."):
        if isinstance(found, dict):
            found = found.get(part)
        elif isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found


class Http(Simple):
    """`body` is the shape of what is posted, `ok_field` and `ok_value` say where the answer tells that it was taken."""

    def hand_over(self, letter: Letter) -> str:
        shape = json.loads(self.config.get("body") or '{"phone": "{phone}", "text": "{text}", "ref": "{ref}"}')
        body = json.dumps(_fill(shape, values_of(letter)), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self.config.get("token"):
            headers["Authorization"] = f"Bearer {self.config['token']}"
        if self.config.get("secret"):
            headers |= sign_body(self.config["secret"], body, int(clock.now().timestamp()))
        found = read_object(post(self.config["url"], body, headers))
        field = self.config.get("ok_field")
        if field and str(look_up(found, field)) != str(self.config.get("ok_value", "0")):
            said = str(look_up(found, field)).lower()
            raise Refused(rules.BAD_ADDRESS if "number" in said or "phone" in said else rules.REFUSED)
        ref = look_up(found, self.config.get("ref_field") or "ref")
        return str(ref) if ref not in (None, "") else letter.ref


def sign_body(secret: str, body: bytes, seconds: int) -> dict[str, str]:
    """How a gateway knows that it is us, and we that it is the gateway: HMAC-SHA256 of time and body."""
    digest = hmac.new(secret.encode(), str(seconds).encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Linli-Timestamp": str(seconds), "X-Linli-Signature": digest}


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _template(config: Mapping[str, Any], letter: Letter) -> dict[str, str]:
    shape = json.loads(config.get("template_values") or '{"headline": "{headline}", "link": "{link}"}')
    return {name: str(value) for name, value in _fill(shape, values_of(letter)).items()}


# Aliyun ---------------------------------------------------------------------------------------------------------------

ALIYUN = "https://dysmsapi.aliyuncs.com"
ALIYUN_SLOW = {"isv.BUSINESS_LIMIT_CONTROL", "Throttling.User", "Throttling", "Throttling.Api"}
ALIYUN_NUMBER = {"isv.MOBILE_NUMBER_ILLEGAL", "isv.DENY_IP_RANGE", "isv.MOBILE_COUNT_OVER_LIMIT"}
ALIYUN_BUSY = {"isp.SYSTEM_ERROR", "isp.RAM_PERMISSION_DENY", "ServiceUnavailable", "InternalError"}


class Aliyun(Simple):
    def hand_over(self, letter: Letter) -> str:
        query = {
            "OutId": letter.ref,
            "PhoneNumbers": letter.to.removeprefix("+86"),
            "SignName": self.config["sign_name"],
            "TemplateCode": self.config["template_code"],
            "TemplateParam": json.dumps(_template(self.config, letter), ensure_ascii=False),
        }
        base = self.config.get("endpoint") or ALIYUN
        headers = sign_aliyun(
            key_id=self.config["key_id"],
            secret=self.config["key_secret"],
            host=urlsplit(base).netloc,
            query=query,
            moment=clock.now(),
            nonce=secrets.token_hex(16),
        )
        found = read_object(post(f"{base}/?{canonical_query(query)}", b"", headers))
        code = str(found.get("Code", ""))
        if code != "OK":
            raise Refused(_aliyun_failure(code), 60 if code in ALIYUN_SLOW else 0)
        return str(found.get("BizId", ""))


def _aliyun_failure(code: str) -> str:
    if code in ALIYUN_SLOW:
        return rules.THROTTLED
    if code in ALIYUN_NUMBER:
        return rules.BAD_ADDRESS
    return rules.PROVIDER_ERROR if code in ALIYUN_BUSY or not code else rules.BAD_SETUP


def canonical_query(query: Mapping[str, str]) -> str:
    return urlencode(sorted(query.items()), quote_via=quote, safe="~")


def sign_aliyun(
    *, key_id: str, secret: str, host: str, query: Mapping[str, str], moment: datetime, nonce: str
) -> dict[str, str]:
    """The headers of a call of version 3: every one of them but the signature is signed."""
    signed = {
        "host": host,
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": _sha(b""),
        "x-acs-date": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": "2017-05-25",
    }
    names = ";".join(signed)
    lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
    request = "\n".join(["POST", "/", canonical_query(query), lines, names, signed["x-acs-content-sha256"]])
    digest = _mac(secret.encode(), f"ACS3-HMAC-SHA256\n{_sha(request.encode())}").hex()
    proof = f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={names},Signature={digest}"
    return {**signed, "Authorization": proof, "Accept": "application/json"}


# Tencent --------------------------------------------------------------------------------------------------------------

TENCENT = "https://sms.tencentcloudapi.com"
TENCENT_TYPE = "application/json; charset=utf-8"
TENCENT_SLOW = ("LimitExceeded", "RequestLimitExceeded")
TENCENT_NUMBER = ("InvalidParameterValue.IncorrectPhoneNumber", "FailedOperation.PhoneNumberInBlacklist")
TENCENT_BUSY = ("InternalError", "ResourceUnavailable")


class Tencent(Simple):
    def hand_over(self, letter: Letter) -> str:
        content = {
            "PhoneNumberSet": [letter.to],
            "SmsSdkAppId": self.config["app_id"],
            "SignName": self.config["sign_name"],
            "TemplateId": self.config["template_code"],
            "TemplateParamSet": list(_template(self.config, letter).values()),
            "SessionContext": letter.ref,
        }
        body = json.dumps(content, ensure_ascii=False).encode()
        base = self.config.get("endpoint") or TENCENT
        headers = sign_tencent(
            key_id=self.config["key_id"],
            secret=self.config["key_secret"],
            host=urlsplit(base).netloc,
            body=body,
            seconds=int(clock.now().timestamp()),
        )
        headers |= {"X-TC-Action": "SendSms", "X-TC-Version": "2021-01-11"}
        headers |= {"X-TC-Region": self.config.get("region") or "ap-guangzhou"}
        answer = read_object(post(base, body, headers)).get("Response")
        found = answer if isinstance(answer, dict) else {}
        state = (found.get("SendStatusSet") or [{}])[0]
        code = str(look_up(found, "Error.Code") or state.get("Code", ""))
        if code != "Ok":
            failure = _tencent_failure(code)
            raise Refused(failure, 60 if failure == rules.THROTTLED else 0)
        return str(state.get("SerialNo", ""))


def _tencent_failure(code: str) -> str:
    if code.startswith(TENCENT_NUMBER):
        return rules.BAD_ADDRESS
    if code.startswith(TENCENT_SLOW):
        return rules.THROTTLED
    return rules.PROVIDER_ERROR if not code or code.startswith(TENCENT_BUSY) else rules.BAD_SETUP


def sign_tencent(*, key_id: str, secret: str, host: str, body: bytes, seconds: int) -> dict[str, str]:
    """A key of the day is derived from the secret; it signs what stands in the request."""
    day = datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d")
    names, scope = "content-type;host", f"{day}/sms/tc3_request"
    lines = f"content-type:{TENCENT_TYPE}\nhost:{host}\n"
    request = "\n".join(["POST", "/", "", lines, names, _sha(body)])
    text = f"TC3-HMAC-SHA256\n{seconds}\n{scope}\n{_sha(request.encode())}"
    key = _mac(_mac(_mac(f"TC3{secret}".encode(), day), "sms"), "tc3_request")
    digest = _mac(key, text).hex()
    proof = f"TC3-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, Signature={digest}"
    return {"Authorization": proof, "Content-Type": TENCENT_TYPE, "Host": host, "X-TC-Timestamp": str(seconds)}
