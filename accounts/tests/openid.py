"""A real OpenID provider that behaves like Google, and servers that behave worse."""

import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import authlib.deprecate
import flask
import jwt
import requests
import werkzeug.serving
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

with warnings.catch_warnings():
    # The provider is built on a module of Authlib that Authlib itself will drop one day.
    warnings.simplefilter("ignore", authlib.deprecate.AuthlibDeprecationWarning)
    import oidc_provider_mock
    from oidc_provider_mock import _app as provider_app

CLIENT_ID = "anywork-client-id"
CLIENT_SECRET = "anywork-client-secret"


class GoogleLikeOpenIDCode(provider_app.OpenIDCode):
    """Names the key in the token's header, and one audience as a string, as Google does.

    By the methods that Authlib wants to be overridden; the provider's own `get_jwt_config` is deprecated there.
    """

    def get_client_algorithm(self, client):
        return "RS256"

    def get_encode_header(self, client):
        return {"alg": "RS256", "kid": provider_app.storage.jwk.thumbprint()}

    def get_client_claims(self, client):
        return {"iss": flask.request.host_url.rstrip("/"), "aud": client.get_client_id()}

    def resolve_client_private_key(self, client):
        return provider_app.storage.jwk.as_dict(is_private=True)


class OpenIDProvider:
    """The provider's address, and what was sent to its token endpoint."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token_uri = f"{url}/oauth2/token"
        self.certs_uri = f"{url}/certs"
        self.jwks_uri = f"{url}/jwks"
        self.token_requests: list[dict[str, str]] = []

    def code_for(self, sub: str, *, redirect_uri: str = "postmessage", **claims: Any) -> str:
        """Return the code that the owner of an account gets by consenting; `claims` go into the ID token."""
        requests.put(f"{self.url}/users/{sub}", json=dict(claims), timeout=5).raise_for_status()
        consent = requests.post(
            f"{self.url}/oauth2/authorize",
            params={
                "client_id": CLIENT_ID,
                "redirect_uri": redirect_uri,
                "response_type": "code",
                "scope": "openid email",
            },
            data={"sub": sub},
            allow_redirects=False,
            timeout=5,
        )
        return parse_qs(urlsplit(consent.headers["Location"]).query)["code"][0]

    def key_id(self) -> str:
        """Return the name of the key that signs the ID tokens."""
        [key_id] = requests.get(self.certs_uri, timeout=5).json()
        return key_id


@contextmanager
def run_provider() -> Iterator[OpenIDProvider]:
    """Run the provider on a port of its own."""
    original, provider_app.OpenIDCode = provider_app.OpenIDCode, GoogleLikeOpenIDCode
    try:
        app = oidc_provider_mock.app()
    finally:
        provider_app.OpenIDCode = original
    server = werkzeug.serving.make_server("127.0.0.1", 0, app, threaded=True)
    provider = OpenIDProvider(f"http://127.0.0.1:{server.server_port}")

    def keep_token_request() -> None:
        client = flask.request.authorization
        if flask.request.path == "/oauth2/token" and client:
            provider.token_requests.append(
                {**flask.request.form.to_dict(), "client": f"{client.username}:{client.password}"}
            )

    def certs():
        """The same keys as under /jwks, in the form of Google's certificates."""
        keys = jwt.PyJWKSet.from_dict(app.test_client().get("/jwks").json).keys
        return {
            key.key_id: key.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() for key in keys
        }

    app.before_request(keep_token_request)
    app.add_url_rule("/certs", view_func=certs)
    with running(server):
        yield provider


@contextmanager
def responding(start: bytes, then: Iterable[bytes] = (), pause: float = 0.0) -> Iterator[str]:
    """Run a server that sends `start`, then each chunk after a pause, to every request; yield its address."""
    stopping = threading.Event()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(start)
            for chunk in then:
                if stopping.wait(pause):
                    return
                try:
                    self.request.sendall(chunk)
                except OSError:
                    return  # The client gave up, as it should.

    class Server(ThreadingTCPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    with running(server):
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            stopping.set()


@contextmanager
def running(server: ThreadingTCPServer | werkzeug.serving.BaseWSGIServer) -> Iterator[None]:
    """Serve in another thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def raw_response(body: str, status: str = "200 OK", content_type: str = "application/json") -> bytes:
    """Return a whole HTTP response."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    return f"{head}\r\n{body}".encode()
