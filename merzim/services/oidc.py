"""The OpenID Connect provider for log-in. The only module that uses OpenID Connect.

The authorization code flow with PKCE: the browser brings a code from the provider, which is exchanged for an ID
token here; its signature, issuer, audience, expiry and nonce are verified before it is used.
"""

from __future__ import annotations

import logging
import secrets
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from importlib.util import find_spec
from threading import BoundedSemaphore
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit

from merzim.settings import BadSetting, OidcSettings, Settings, is_loopback
from workflow.org.access import Access, OutsidePerson
from workflow.refusal import Refusal

CALLBACK = "/login/oidc/callback"
"""Path to which the provider redirects the browser, after `web.public_address`."""
MAX_CONVERSATIONS = 8
"""Maximum number of requests waiting for the provider, so that a silent one does not occupy every thread."""
MAX_ANSWER_BYTES = 1024 * 1024
CLOCK_SKEW_SECONDS = 30
METADATA_LIFETIME = timedelta(hours=1)
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
"""Accepted signature algorithms: those with the provider's private key, neither "none" nor our shared
secret.
"""
log = logging.getLogger("merzim.login")


class ProviderSilent(Refusal):
    """The provider does not answer, or refuses our client; nobody can be authenticated now.

    `failed_check` and `details` describe the failure for operators; people who log in get one general sentence.
    """

    def __init__(self, failed_check: str = "silent", **details: object) -> None:
        super().__init__("web.login.provider_silent")
        self.what, self.details = failed_check, details


class NotIdentified(Exception):
    """The provider's answer identifies nobody: a used code, or an invalid ID token."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LogInAttempt:
    """A log-in started by a browser: secrets known only to that browser and this office.

    Attributes:
        state: returned by the browser; `nonce`: returned in the ID token.
        verifier: proves to the provider that the code belongs to us (PKCE).
    """

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> LogInAttempt:
        words = (secrets.token_urlsafe(size) for size in (32, 32, 48))
        return cls(**dict(zip(("state", "nonce", "verifier"), words, strict=True)))


class OidcProvider:
    """A provider as config.toml describes it."""

    def __init__(self, settings: OidcSettings, secret: str, *, public_address: str) -> None:
        self._settings = settings
        self._secret = secret
        self._public_address = public_address.rstrip("/")
        self._turns = BoundedSemaphore(MAX_CONVERSATIONS)
        self._metadata: tuple[datetime, Mapping[str, Any]] | None = None
        self._keys: tuple[datetime, Any] | None = None

    @property
    def labels(self) -> Mapping[str, str]:
        """The provider's name for the button, by language; "" where config.toml gives none."""
        settings = self._settings
        return {"kk": settings.label_kk, "ru": settings.label_ru, "en": settings.label_en}

    def begin(self, *, now: datetime) -> tuple[str, LogInAttempt]:
        """Return the address to send a browser to, and its attempt. Raises ProviderSilent."""
        attempt = LogInAttempt.new()
        with self._client() as client:
            metadata = self._discover(client, now=now)
            return self._authorization_address(client, metadata, attempt), attempt

    def _authorization_address(
        self, client: Any, metadata: Mapping[str, Any], attempt: LogInAttempt, **parameters: str
    ) -> str:
        address, _ = client.create_authorization_url(
            metadata["authorization_endpoint"],
            state=attempt.state,
            nonce=attempt.nonce,
            code_verifier=attempt.verifier,
            **parameters,
        )
        return str(address)

    def identify(self, attempt: LogInAttempt, code: str, *, issuer: str, now: datetime) -> OutsidePerson:
        """Return the person an authorization code stands for.

        Args:
            issuer: the issuer in the provider's redirect (RFC 9207); "" if missing.

        Raises:
            ProviderSilent: the provider does not answer.
            NotIdentified: it does not accept the code, or its ID token is invalid.
        """
        with self._client() as client:
            metadata = self._discover(client, now=now)
            expected = metadata.get("authorization_response_iss_parameter_supported") is True
            if (issuer or expected) and issuer != self._settings.issuer:
                raise NotIdentified("another issuer sent the browser")
            token = self._exchange(client, metadata, attempt, code)
            claims = self._verify(client, metadata, token.get("id_token"), attempt.nonce, now=now)
            claims = self._user_info(client, metadata, claims) | claims
        return self._person(claims)

    def probe(self, *, now: datetime) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Check that the provider offers everything a log-in needs, without logging in; yield each passed check
        by name.

        Raises:
            ProviderSilent: the check `what` failed.
        """
        attempt = LogInAttempt.new()
        with self._client() as client:
            metadata = self._discover(client, now=now)
            yield "provider", {"answer": self._settings.issuer}
            keys = self._key_set(client, metadata, now=now).keys
            if not keys:
                raise ProviderSilent("no_keys", address=metadata["jwks_uri"])
            yield "keys", {"count": len(keys)}
            # An invented code: a provider that knows our client refuses the code, not the client.
            with suppress(NotIdentified):
                self._exchange(client, metadata, attempt, secrets.token_urlsafe(16))
            address = self._authorization_address(client, metadata, attempt, prompt="none")
            with _library_errors():
                answer = client.request("GET", address, withhold_token=True)
            if answer.status_code >= 400:
                raise ProviderSilent("redirect", address=client.redirect_uri, answer=answer.status_code)
            yield "client", {"address": client.redirect_uri}

    def log_out_address(self, *, now: datetime) -> str:
        """Return the address that also ends the session at the provider; "" if it offers none."""
        if not self._settings.log_out:
            return ""
        try:
            with self._client() as client:
                address = self._discover(client, now=now).get("end_session_endpoint")
        except ProviderSilent:
            return ""
        if not isinstance(address, str) or not self._is_safe(address):
            return ""
        login_address = f"{self._public_address}/login"
        query = {"client_id": self._settings.client_id, "post_logout_redirect_uri": login_address}
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    def _exchange(
        self, client: Any, metadata: Mapping[str, Any], attempt: LogInAttempt, code: str
    ) -> Mapping[str, Any]:
        from authlib.integrations.base_client import OAuthError

        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        client.token_endpoint_auth_method = (
            "none"
            if not self._secret
            else "client_secret_basic"
            if "client_secret_basic" in methods
            else "client_secret_post"
        )
        try:
            with _library_errors():
                token = client.fetch_token(
                    metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=attempt.verifier,
                    redirect_uri=client.redirect_uri,
                )
        except OAuthError as refusal:
            if refusal.error == "invalid_grant":
                raise NotIdentified("the provider does not accept the code") from None
            log.error("the provider refuses oidc.client_id: %s", refusal.error)
            raise ProviderSilent("client_refused", answer=refusal.error) from None
        if not isinstance(token, Mapping):
            raise NotIdentified("no token")
        return token

    def _verify(
        self, client: Any, metadata: Mapping[str, Any], text: object, nonce: str, *, now: datetime
    ) -> dict[str, Any]:
        """Return the claims of an ID token after verifying it. Raises NotIdentified."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        settings = self._settings
        if not isinstance(text, str):
            raise NotIdentified("no ID token")
        rules = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=CLOCK_SKEW_SECONDS,
            iss={"essential": True, "value": settings.issuer},
            aud={"essential": True, "value": settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = self._decode(client, metadata, text, now=now)
            # The time of issue is not checked: `exp` says how long it is valid.
            rules.validate({name: value for name, value in claims.items() if name != "iat"})
        except (JoseError, ValueError, TypeError) as trouble:
            raise NotIdentified(f"the ID token does not hold: {trouble}") from None
        audience, party = claims["aud"], claims.get("azp")
        several = isinstance(audience, list) and len(audience) > 1
        if (party is not None or several) and party != settings.client_id:
            raise NotIdentified("the ID token was issued to another client")
        if not isinstance(claims["sub"], str) or len(claims["sub"]) > 255 or not claims["sub"].strip():
            raise NotIdentified("the ID token names nobody")
        return dict(claims)

    def _decode(
        self, client: Any, metadata: Mapping[str, Any], text: str, *, now: datetime
    ) -> Mapping[str, Any]:
        """Return the claims of a token after verifying its signature.

        If no cached key fits, the keys are read again, because providers change them.
        """
        from joserfc import jwt
        from joserfc.errors import JoseError

        cached = self._keys is not None and now < self._keys[0] + METADATA_LIFETIME
        try:
            return jwt.decode(text, self._key_set(client, metadata, now=now), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            if not cached:
                raise
        self._keys = None
        return jwt.decode(text, self._key_set(client, metadata, now=now), algorithms=ALGORITHMS).claims

    def _key_set(self, client: Any, metadata: Mapping[str, Any], *, now: datetime) -> Any:
        from joserfc.jwk import KeySet

        if self._keys is None or now >= self._keys[0] + METADATA_LIFETIME:
            keys = self._read(client, metadata["jwks_uri"])
            listed_keys = keys.get("keys")
            # Only public keys of asymmetric algorithms: with a shared key anybody who knows it could sign.
            rows = listed_keys if isinstance(listed_keys, list) else []
            usable = [row for row in rows if isinstance(row, dict) and row.get("kty") in ("RSA", "EC", "OKP")]
            self._keys = now, KeySet.import_key_set({"keys": usable})
        return self._keys[1]

    def _user_info(self, client: Any, metadata: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
        """Return the provider's user info of a person, besides the ID token; {} if there is none.

        Many providers leave name, e-mail and groups out of the token.
        """
        address = metadata.get("userinfo_endpoint")
        if not isinstance(address, str) or not self._is_safe(address):
            return {}
        answer = self._read(client, address, withhold_token=False)
        if answer.get("sub") != claims["sub"]:
            raise NotIdentified("the provider speaks of somebody else")
        return dict(answer)

    def _person(self, claims: Mapping[str, Any]) -> OutsidePerson:
        settings, subject = self._settings, claims["sub"]
        email = _text(claims.get("email")) if claims.get("email_verified") is True else ""
        return OutsidePerson(
            provider="oidc",
            # Another provider may call somebody else by the same `sub`.
            subject=f"{settings.issuer} {subject}",
            login=_text(claims.get(settings.login_claim)) or email or f"oidc-{subject}",
            name=_text(claims.get("name")),
            email=email,
            access=self._access(claims.get(settings.groups_claim)),
        )

    def _access(self, groups: object) -> Access | None:
        """Return the access of the first group in config.toml the person belongs to."""
        names = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
        return next((row.access for row in self._settings.groups if row.group in names), None)

    def _discover(self, client: Any, *, now: datetime) -> Mapping[str, Any]:
        """Return the provider's metadata, read at most once an hour. Raises ProviderSilent."""
        if self._metadata is None or now >= self._metadata[0] + METADATA_LIFETIME:
            issuer = self._settings.issuer
            metadata = self._read(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            needed = [metadata.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
            if metadata.get("issuer") != issuer:
                stated_issuer = metadata.get("issuer")
                log.error("the provider calls itself %r, oidc.issuer says %r", stated_issuer, issuer)
                raise ProviderSilent("issuer", said=_text(stated_issuer), issuer=issuer)
            if not all(isinstance(address, str) and self._is_safe(address) for address in needed):
                log.error("the provider names no usable addresses: %s", needed)
                raise ProviderSilent("addresses", addresses=tuple(map(_text, needed)))
            self._metadata = now, metadata
        return self._metadata[1]

    def _is_safe(self, address: str) -> bool:
        """Return whether an address may be used: with TLS, or on this machine if config.toml allows it."""
        parts = urlsplit(address)
        if parts.scheme == "https":
            return bool(parts.hostname)
        return parts.scheme == "http" and self._settings.insecure and is_loopback(parts.hostname or "")

    def _read(self, client: Any, address: str, *, withhold_token: bool = True) -> Mapping[str, Any]:
        """Return a JSON object read from the provider. Raises ProviderSilent."""
        with _library_errors():
            answer = client.request("GET", address, withhold_token=withhold_token).raise_for_status().json()
        if not isinstance(answer, dict):
            log.error("the provider does not answer with an object at %s", address)
            raise ProviderSilent(trouble=address)
        return answer

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        file = self._settings.ca_file
        return ssl.create_default_context(cafile=str(file) if file else None)

    @contextmanager
    def _client(self) -> Iterator[Any]:
        """Open an HTTP client with limits of time and size that follows no redirects and ignores the
        environment. Raises ProviderSilent when too many requests wait for the provider already.
        """
        from authlib.integrations.httpx_client import OAuth2Client

        settings = self._settings
        if not self._turns.acquire(timeout=settings.timeout):
            raise ProviderSilent(trouble="")
        try:
            with OAuth2Client(
                settings.client_id,
                self._secret or None,
                scope=" ".join(dict.fromkeys(("openid", *settings.scopes))),
                redirect_uri=f"{self._public_address}{CALLBACK}",
                code_challenge_method="S256",
                timeout=settings.timeout,
                follow_redirects=False,
                trust_env=False,
                transport=_transport(self._tls, monotonic() + 2 * settings.timeout),
            ) as client:
                yield client
        finally:
            self._turns.release()


def open_provider(settings: Settings, environment: Mapping[str, str]) -> OidcProvider | None:
    """Return the provider in config.toml; None if there is none. Does not connect.

    Raises:
        BadSetting: the library is not installed, a key or the secret is missing, or TLS is not configured.
    """
    oidc, file = settings.oidc, str(settings.file)
    if not oidc.issuer:
        return None
    if find_spec("authlib") is None or find_spec("httpx2") is None:
        raise BadSetting("cli.oidc_not_installed", file=file)
    if not oidc.client_id:
        raise BadSetting("cli.missing_setting", file=file, key="oidc.client_id")
    parts = urlsplit(oidc.issuer)
    if parts.scheme != "https" and not (oidc.insecure and is_loopback(parts.hostname or "")):
        raise BadSetting("cli.oidc_insecure", file=file, address=oidc.issuer)
    secret = environment.get(oidc.secret_env, "") if oidc.secret_env else ""
    if oidc.secret_env and not secret:
        raise BadSetting("cli.no_variable", file=file, key="oidc.secret_env", variable=oidc.secret_env)
    if oidc.ca_file is not None and not oidc.ca_file.is_file():
        raise BadSetting("cli.oidc_no_ca_file", file=file, path=str(oidc.ca_file))
    return OidcProvider(oidc, secret, public_address=settings.web.public_address)


def _text(value: object) -> str:
    """Return a claim as one printable line; "" if it is not a text."""
    return " ".join(value.replace("\0", " ").split()) if isinstance(value, str) else ""


def _transport(tls: ssl.SSLContext, deadline: float) -> Any:
    """Return a transport that limits the size of an answer and the time to read it."""
    import httpx2

    class Limited(httpx2.HTTPTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            answer = super().handle_request(request)
            size, parts = 0, []
            try:
                for part in answer.iter_raw():
                    size += len(part)
                    if size > MAX_ANSWER_BYTES or monotonic() > deadline:
                        raise httpx2.ReadError("the answer is too large or too slow")
                    parts.append(part)
            finally:
                answer.close()
            return httpx2.Response(answer.status_code, headers=answer.headers, content=b"".join(parts))

    return Limited(verify=tls, trust_env=False)


@contextmanager
def _library_errors() -> Iterator[None]:
    """Turn errors of the library into ProviderSilent, and log them."""
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as trouble:
        log.error("the provider does not answer: %s", trouble)
        raise ProviderSilent(trouble=_text(str(trouble)) or type(trouble).__name__) from None
