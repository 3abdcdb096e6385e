"""Two object stores on loopback that let nobody in without a signature: one speaks S3's dialect, one that of GCS.

Each works out every signature anew from its store's public description, and shares no code with the client's library.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qsl, quote, unquote, urlsplit

REGION = "eu-central-1"
ACCESS_KEY = "AKIATESTTESTTESTTEST"
SECRET_KEY = "a/very+secret/key0123456789"


class Denied(Exception):
    """What the store answers instead."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass
class Call:
    """One call, as its bytes came."""

    method: str
    path: str  # as it was sent, still quoted
    query: list[tuple[str, str]]
    headers: dict[str, str]  # names in lower case
    body: bytes

    def value(self, name: str) -> str:
        return dict(self.query).get(name, "")

    def canonical(self, signed: list[str], payload: str, leave_out: str = "") -> str:
        """The canonical request of both stores."""
        pairs = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in self.query if k != leave_out)
        return "\n".join(
            (
                self.method,
                quote(unquote(self.path), safe="/~"),
                "&".join(f"{name}={value}" for name, value in pairs),
                *(f"{name}:{' '.join(self.headers.get(name, '').split())}" for name in signed),
                "",
                ";".join(signed),
                payload,
            )
        )


@dataclass
class Store:
    """`with S3() as store:` -- the objects that were put, and the calls that were made, of one bucket `films`."""

    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)  # key -> bytes, media type
    calls: list[str] = field(default_factory=list)  # method and key
    trouble: Callable[[Call], None] = lambda _call: None  # raises Denied where the store is in a bad mood
    _parts: dict[int, bytes] = field(default_factory=dict)

    def check(self, call: Call) -> None:
        raise NotImplementedError

    def __enter__(self) -> Store:
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                parts = urlsplit(self.path)
                call = Call(
                    self.command,
                    parts.path,
                    parse_qsl(parts.query, keep_blank_values=True),
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(int(self.headers.get("Content-Length") or 0)),
                )
                status, media_type, body = store.answered(call)
                self.send_response(status)
                self.send_header("ETag", f'"{hashlib.md5(body).hexdigest()}"')
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_POST = do_DELETE = answer

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        serving = {"poll_interval": 0.01}
        threading.Thread(target=self._server.serve_forever, kwargs=serving, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answered(self, call: Call) -> tuple[int, str, bytes]:
        bucket, _, key = unquote(call.path).removeprefix("/").partition("/")
        self.calls.append(f"{call.method} {key}")
        try:
            self.trouble(call)
            self.check(call)
            if bucket != "films":
                raise Denied(404, "NoSuchBucket")
            return self._done(call, key)
        except Denied as denied:
            told = f"<Code>{denied.code}</Code><Message>no</Message><StringToSign>{call.path}</StringToSign>"
            return denied.status, "application/xml", f"<Error>{told}</Error>".encode()

    def _done(self, call: Call, key: str) -> tuple[int, str, bytes]:
        media_type = call.headers.get("content-type", "")
        names = {name for name, _ in call.query}
        if call.method == "GET":
            if key not in self.objects:
                raise Denied(404, "NoSuchKey")
            data, media_type = self.objects[key]
            return 200, media_type, data
        if call.method == "POST" and "uploads" in names:
            self._type = media_type
            said = "<{0}><Bucket>films</Bucket><Key>k</Key><UploadId>1</UploadId></{0}>"
            return 200, "application/xml", said.format("InitiateMultipartUploadResult").encode()
        if call.method == "PUT" and "partNumber" in names:
            self._parts[int(call.value("partNumber"))] = call.body
            return 200, "", b""
        if call.method == "POST":
            self.objects[key] = (b"".join(data for _, data in sorted(self._parts.items())), self._type)
            said = '<{0}><Location>x</Location><Bucket>films</Bucket><Key>k</Key><ETag>"1"</ETag></{0}>'
            return 200, "application/xml", said.format("CompleteMultipartUploadResult").encode()
        self.objects[key] = (call.body, media_type)
        return 200, "", b""


class S3(Store):
    """Signature version 4, in the header of a call or in the query of an address."""

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
        }

    def check(self, call: Call) -> None:
        presigned = call.value("X-Amz-Signature")
        if presigned:
            head = {name.removeprefix("X-Amz-"): value for name, value in call.query}
            given, payload, when = presigned, "UNSIGNED-PAYLOAD", head["Date"]
            if head["Algorithm"] != "AWS4-HMAC-SHA256":
                raise Denied(400, "InvalidRequest")
            began = datetime.strptime(when, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            if not began <= datetime.now(UTC) < began + timedelta(seconds=min(int(head["Expires"]), 604_800)):
                raise Denied(403, "AccessDenied")
        else:
            head = dict(re.findall(r"(\w+)=([^,\s]+)", call.headers.get("authorization", "")))
            if not head:
                raise Denied(403, "AccessDenied")
            given, payload, when = head["Signature"], call.headers["x-amz-content-sha256"], call.headers["x-amz-date"]
            if payload != hashlib.sha256(call.body).hexdigest():
                raise Denied(400, "XAmzContentSHA256Mismatch")
        access_key, day, region, service, kind = head["Credential"].split("/")
        signed = head["SignedHeaders"].split(";")
        if access_key != ACCESS_KEY:
            raise Denied(403, "InvalidAccessKeyId")
        if (region, service, kind) != (REGION, "s3", "aws4_request"):
            raise Denied(400, "AuthorizationHeaderMalformed")
        if "host" not in signed or day != when[:8]:
            raise Denied(403, "SignatureDoesNotMatch")
        canonical = call.canonical(signed, payload, leave_out="X-Amz-Signature")
        scope = f"{day}/{region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{when}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = f"AWS4{SECRET_KEY}".encode()
        for word in (day, region, "s3", "aws4_request"):
            key = hmac.digest(key, word.encode(), "sha256")
        if not hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), given):
            raise Denied(403, "SignatureDoesNotMatch")


# A key pair of the tests' own, as its two primes.
_P = int(
    "ddcd0c967b8b7da0fb24efdb4c716f58dba6f478c40e94988842f8bcae9b41ba824b46c5a941c30ca53c9521b8d92d95b9d3"
    "fbd21086a15edce937e4692e0865d09fe2930ddf3e1d94ed1f6837e221464dd75f6766618c34bb6de8f8d79d81c58325ae95"
    "460cee065e1736fd32e03cee775371c6c1453dbcd625fe9740fc7f1b",
    16,
)
_Q = int(
    "cad0f391afd77cc36d0ddec3b2d73bb327ea1ebec2a087ad8507933cedbc0607d3c2419a79522f469330230ed4860790f2b7"
    "92c04c43bd93a1b860ae2a2129def4a6b43f0a768cae0ab76cb55a858a7251761981f7aad1b15450c4690aa910cc51a3a0f7"
    "af53fab16377e41c48b7240f5f20d0db1b77bf6a03a1f799c2da881d",
    16,
)
_N, _E = _P * _Q, 65537
EMAIL = "renderer@films.iam.gserviceaccount.com"


class Gcs(Store):
    """A bearer token that the client signed itself, and addresses signed with the same key."""

    def credentials(self) -> str:
        """The text of a service account's key file."""
        return json.dumps(
            {
                "type": "service_account",
                "client_email": EMAIL,
                "private_key_id": "k1",
                "private_key": _pem(),
                "token_uri": f"{self.url}/token",
            }
        )

    def check(self, call: Call) -> None:
        if call.value("X-Goog-Signature"):
            head = {name.removeprefix("X-Goog-"): value for name, value in call.query}
            began = datetime.strptime(head["Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            if not began <= datetime.now(UTC) < began + timedelta(seconds=min(int(head["Expires"]), 604_800)):
                raise Denied(400, "ExpiredToken")
            email, _, scope = head["Credential"].partition("/")
            canonical = call.canonical(head["SignedHeaders"].split(";"), "UNSIGNED-PAYLOAD", "X-Goog-Signature")
            digest = hashlib.sha256(canonical.encode()).hexdigest()
            text = f"GOOG4-RSA-SHA256\n{head['Date']}\n{scope}\n{digest}"
            if email != EMAIL or not _verified(text.encode(), bytes.fromhex(head["Signature"])):
                raise Denied(403, "SignatureDoesNotMatch")
            return
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        head_and_claims, _, signature = token.rpartition(".")
        if not head_and_claims or not _verified(head_and_claims.encode(), _plain(signature)):
            raise Denied(401, "AuthenticationRequired")
        claims = json.loads(_plain(head_and_claims.partition(".")[2]))
        if claims["iss"] != EMAIL or claims["exp"] < datetime.now(UTC).timestamp():
            raise Denied(401, "AuthenticationRequired")


def _plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _verified(message: bytes, signature: bytes) -> bool:
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2.2)."""
    digest = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(message).digest()
    padded = b"\x00\x01" + b"\xff" * (256 - 3 - len(digest)) + b"\x00" + digest
    return pow(int.from_bytes(signature), _E, _N) == int.from_bytes(padded)


def _pem() -> str:
    """The private key as PKCS #8 (RFC 5208) around PKCS #1 (RFC 8017, appendix A.1.2)."""
    d = pow(_E, -1, (_P - 1) * (_Q - 1))
    numbers = (0, _N, _E, d, _P, _Q, d % (_P - 1), d % (_Q - 1), pow(_Q, -1, _P))
    inner = _der(0x30, b"".join(map(_integer, numbers)))
    rsa = bytes.fromhex("300d06092a864886f70d0101010500")
    text = base64.encodebytes(_der(0x30, _integer(0) + rsa + _der(0x04, inner))).decode()
    return f"-----BEGIN PRIVATE {'KEY'}-----\n{text}-----END PRIVATE {'KEY'}-----\n"


def _integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + content


def fetched(url: str, host: str = "") -> tuple[int, bytes]:
    """What whoever has the address gets; `host`: the name under which the store is known to who signed it."""
    import httpx

    answer = httpx.get(url, headers={"Host": host} if host else {}, trust_env=False)
    return answer.status_code, answer.content
