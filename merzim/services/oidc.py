"""The OpenID Connect provider for log-in. The only module that uses OpenID Connect.

The authorization code flow with PKCE by Authlib's Starlette client: the browser brings a code from the
provider, which is exchanged for an ID token; its signature, issuer, audience, expiry and nonce are verified
before it is used. No thread waits for the provider: a silent one would keep all pages from being answered.
"""

from __future__ import annotations

import logging
import secrets
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from merzim.settings import BadSetting, OidcSettings, Settings, is_loopback
from workflow.org.access import Access, OutsidePerson
from workflow.refusal import Refusal

CALLBACK = "/login/oidc/callback"
"""Path to which the provider redirects the browser, after `web.public_address`."""
CLIENT = "oidc"
"""The name of Authlib's client in the browser's session."""
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
    """The provider does not answer, or refuses our client. `what` (the check that failed) and `details`
    describe it for operators; people who log in get one general sentence.
    """

    def __init__(self, failed_check: str = "silent", **details: object) -> None:
        super().__init__("web.login.provider_silent")
        self.what, self.details = failed_check, details


class NotIdentified(Exception):
    """The provider's answer identifies nobody: a used code, or an invalid ID token."""


class OidcProvider:
    """A provider as config.toml describes it."""

    def __init__(self, settings: OidcSettings, secret: str, *, public_address: str) -> None:
        self._settings = settings
        self._secret = secret
        self._public_address = public_address.rstrip("/")
        self._client: tuple[datetime, Any] | None = None

    @property
    def labels(self) -> Mapping[str, str]:
        """The provider's name for the button, by language; "" where config.toml gives none."""
        settings = self._settings
        return {"kk": settings.label_kk, "ru": settings.label_ru, "en": settings.label_en}

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """Who may vouch for the provider; read with its metadata, not at each attempt while it is silent."""
        return ssl.create_default_context(cafile=self._settings.ca_file)

    @property
    def _callback(self) -> str:
        return f"{self._public_address}{CALLBACK}"

    async def begin(self, request: Request, *, now: datetime) -> Response:
        """Return the redirect of a browser to the provider; its session keeps what the return is checked by.
        Raises ProviderSilent.
        """
        async with self._conversation(now) as client:
            redirect: Response = await client.authorize_redirect(request, self._callback)
        return redirect

    async def begun(self, request: Request) -> Mapping[str, str] | None:
        """Return what the session of a browser that comes back keeps of the log-in it began: `nonce` of the ID
        token, and `code_verifier`, which proves that the code is ours (PKCE); None if it began none.
        """
        from authlib.integrations.starlette_client import StarletteIntegration

        framework, state = StarletteIntegration(CLIENT), request.query_params.get("state", "")
        begun: Mapping[str, str] | None = await framework.get_state_data(request.session, state)
        return begun

    async def identify(
        self, begun: Mapping[str, str], code: str, *, issuer: str, now: datetime
    ) -> OutsidePerson:
        """Return the person an authorization code stands for.

        Args:
            begun: the log-in the browser began.
            issuer: the issuer in the provider's redirect (RFC 9207); "" if missing.
            now: for the age of the provider's metadata and keys; tokens are judged by the machine's clock, as
                the provider made them.

        Raises ProviderSilent; NotIdentified where the code is not accepted, or its ID token is invalid.
        """
        async with self._conversation(now) as client:
            expected = client.server_metadata.get("authorization_response_iss_parameter_supported") is True
            if (issuer or expected) and issuer != self._settings.issuer:
                raise NotIdentified("another issuer sent the browser")
            token = await self._exchange(client, code, begun["code_verifier"])
            claims = await self._verify(client, token, begun["nonce"])
            claims = await self._user_info(client, token, claims) | claims
        return self._person(claims)

    async def probe(self, *, now: datetime) -> AsyncIterator[tuple[str, Mapping[str, object]]]:
        """Check that the provider offers all a log-in needs, without logging in; yield each passed check by
        name. Raises ProviderSilent, whose `what` is the check that failed.
        """
        async with self._conversation(now) as client:
            yield "provider", {"answer": self._settings.issuer}
            keys = (await client.fetch_jwk_set(force=True)).get("keys")
            if not keys:
                raise ProviderSilent("no_keys", address=client.server_metadata["jwks_uri"])
            yield "keys", {"count": len(keys)}
            begun = await client.create_authorization_url(self._callback, prompt="none")
            # An invented code: a provider that knows our client refuses the code, not the client.
            with suppress(NotIdentified):
                await self._exchange(client, secrets.token_urlsafe(16), begun["code_verifier"])
            answer = await client.request("GET", begun["url"], withhold_token=True)
            if answer.status_code >= 400:
                raise ProviderSilent("redirect", address=self._callback, answer=answer.status_code)
            yield "client", {"address": self._callback}

    async def log_out_address(self, *, now: datetime) -> str:
        """Return the address that also ends the session at the provider; "" if it offers none."""
        if not self._settings.log_out:
            return ""
        try:
            async with self._conversation(now) as client:
                address = client.server_metadata.get("end_session_endpoint")
        except ProviderSilent:
            return ""
        if not self._is_safe(address):
            return ""
        login_address = f"{self._public_address}/login"
        query = {"client_id": self._settings.client_id, "post_logout_redirect_uri": login_address}
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    async def _exchange(self, client: Any, code: str, verifier: str) -> Mapping[str, Any]:
        """Exchange a code for a token. Raises NotIdentified (refused code), ProviderSilent (refused client)."""
        from authlib.integrations.base_client import OAuthError

        grant = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        try:
            token = await client.fetch_access_token(self._callback, **grant)
        except OAuthError as refusal:
            if refusal.error == "invalid_grant":
                raise NotIdentified("the provider does not accept the code") from None
            log.error("the provider refuses oidc.client_id: %s", refusal.error)
            raise ProviderSilent("client_refused", answer=refusal.error) from None
        if not isinstance(token, Mapping):
            raise NotIdentified("no token")
        return token

    async def _verify(self, client: Any, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token after verifying it. Raises NotIdentified."""
        from joserfc.errors import JoseError

        asked = {
            "iss": {"essential": True, "value": self._settings.issuer},
            "aud": {"essential": True, "value": self._settings.client_id},
            "nonce": {"essential": True, "value": nonce},
        }
        try:
            claims = await client.parse_id_token(token, nonce, claims_options=asked, leeway=CLOCK_SKEW_SECONDS)
        except (JoseError, ValueError, TypeError) as trouble:
            raise NotIdentified(f"the ID token does not hold: {trouble}") from None
        subject = (claims or {}).get("sub")
        if not isinstance(subject, str) or len(subject) > 255 or not subject.strip():
            raise NotIdentified("the ID token names nobody")
        return dict(claims)

    async def _user_info(
        self, client: Any, token: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the provider's user info, {} if there is none: many leave name, e-mail and groups out of the
        token. Raises NotIdentified for somebody else's.
        """
        if not self._is_safe(client.server_metadata.get("userinfo_endpoint")):
            return {}
        answer = await client.userinfo(token=token)
        if answer.get("sub") != claims["sub"]:
            raise NotIdentified("the provider speaks of somebody else")
        return dict(answer)

    def _person(self, claims: Mapping[str, Any]) -> OutsidePerson:
        """Return the person of verified claims; without an e-mail the provider has not verified."""
        settings, subject = self._settings, claims["sub"]
        email = _text(claims.get("email")) if claims.get("email_verified") is True else ""
        return OutsidePerson(
            # Another provider may call somebody else by the same `sub`.
            subject=f"{settings.issuer} {subject}",
            login=_text(claims.get(settings.login_claim)) or email or f"oidc-{subject}",
            name=_text(claims.get("name")),
            email=email,
            access=self._access(claims.get(settings.groups_claim)),
        )

    def _access(self, groups: object) -> Access | None:
        """Return the access of the first group in config.toml the person belongs to; None if of none."""
        names = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
        return next((row.access for row in self._settings.groups if row.group in names), None)

    def _is_safe(self, address: object) -> bool:
        """Return whether an address may be used: with TLS, or on this machine if config.toml allows it."""
        parts = urlsplit(address if isinstance(address, str) else "")
        if parts.scheme == "https":
            return bool(parts.hostname)
        return parts.scheme == "http" and self._settings.insecure and is_loopback(parts.hostname or "")

    @asynccontextmanager
    async def _conversation(self, now: datetime) -> AsyncIterator[Any]:
        """Yield Authlib's client of the provider, whose metadata and keys were read at most an hour ago. Raises
        ProviderSilent where it cannot be used.
        """
        import httpx2

        try:
            if self._client is None or now >= self._client[0] + METADATA_LIFETIME:
                self._client = now, await self._connected()
            yield self._client[1]
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, TypeError) as trouble:
            log.error("the provider does not answer: %s", trouble)
            raise ProviderSilent(trouble=_text(str(trouble)) or type(trouble).__name__) from None

    async def _connected(self) -> Any:
        """Return a client of the provider that has read its metadata. Raises ProviderSilent."""
        from authlib.integrations.starlette_client import OAuth

        settings = self._settings
        client: Any = OAuth().register(
            CLIENT,
            client_id=settings.client_id,
            client_secret=self._secret or None,
            server_metadata_url=f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": " ".join(dict.fromkeys(("openid", *settings.scopes))),
                "code_challenge_method": "S256",
                "timeout": settings.timeout,
                "trust_env": False,
                "verify": self._trusted,
            },
        )
        metadata = await client.load_server_metadata()
        if (issuer := metadata.get("issuer")) != settings.issuer:
            log.error("the provider calls itself %r, oidc.issuer says %r", issuer, settings.issuer)
            raise ProviderSilent("issuer", said=_text(issuer), issuer=settings.issuer)
        needed = [metadata.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        if not all(map(self._is_safe, needed)):
            log.error("the provider names no usable addresses: %s", needed)
            raise ProviderSilent("addresses", addresses=tuple(map(_text, needed)))
        metadata["id_token_signing_alg_values_supported"] = ALGORITHMS
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        usual = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        client.client_kwargs["token_endpoint_auth_method"] = usual if self._secret else "none"
        vars(self).pop("_trusted", None)
        return client


def open_provider(settings: Settings, environment: Mapping[str, str]) -> OidcProvider | None:
    """Return the provider in config.toml, not connected; None if there is none. Raises BadSetting without the
    library, a key or the secret, or with TLS not configured.
    """
    oidc, file = settings.oidc, str(settings.file)
    if not oidc.issuer:
        return None
    if not all(map(find_spec, ("authlib", "httpx2", "itsdangerous"))):
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
