"""Encrypted secrets: readable only with the right key for the right account."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode

import pytest

from merzim.storage.accounts.encryption import BadKey, Cipher, UnreadableSecret, new_key, parse_key, secrets_in

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OLD, NEW = new_key(), new_key()


def test_a_secret_comes_back_and_is_encrypted_differently_each_time() -> None:
    """Two accounts with one secret are not seen to have it."""
    cipher = Cipher(NEW)
    first, second = cipher.encrypt(SECRET, "aliyeva"), cipher.encrypt(SECRET, "aliyeva")

    assert (cipher.decrypt(first, "aliyeva"), cipher.decrypt(second, "aliyeva")) == (SECRET, SECRET)
    assert first != second
    assert SECRET not in first + second


def test_a_secret_copied_to_another_account_opens_nothing() -> None:
    """Writing to the database is not enough to give an administrator another authenticator."""
    cipher = Cipher(NEW)
    stored = cipher.encrypt(SECRET, "intruder")

    with pytest.raises(UnreadableSecret) as refused:
        cipher.decrypt(stored, "administrator")
    assert refused.value.arguments == {"login": "administrator"}


def test_a_secret_altered_by_one_letter_is_refused() -> None:
    """Nor is a part of one, another text, or one in clear a secret."""
    cipher = Cipher(NEW)
    stored = cipher.encrypt(SECRET, "aliyeva")
    altered = stored[:40] + ("B" if stored[40] == "A" else "A") + stored[41:]

    for text in (altered, stored[:-8], "", "не base64", SECRET):
        assert not cipher.opens(text)
        with pytest.raises(UnreadableSecret):
            cipher.decrypt(text, "aliyeva")


def test_an_old_key_reads_and_does_not_encrypt() -> None:
    """While the key is changed both are given; what is renewed needs the present one alone."""
    before, both = Cipher(OLD).encrypt(SECRET, "aliyeva"), Cipher(NEW, OLD)

    assert both.decrypt(before, "aliyeva") == SECRET
    assert Cipher(NEW).unopened([before, both.encrypt(SECRET, "x"), both.renew(before)]) == [before]
    assert Cipher(NEW).decrypt(both.renew(before), "aliyeva") == SECRET
    with pytest.raises(UnreadableSecret):
        Cipher(NEW).renew(before)


def test_secrets_are_found_in_a_row_or_a_dump() -> None:
    """Whatever stands around them."""
    secrets = [Cipher(NEW).encrypt(SECRET, owner) for owner in ("a", "b")]

    assert secrets_in(f'aliyeva\t{secrets[0]}\t0\n{{"password": "{secrets[1]}"}} gAAAAA') == secrets


def test_a_key_is_read_in_either_alphabet_of_base64() -> None:
    """As `openssl rand -base64 32` and as programs write it, with and without its last sign."""
    value = b"\xfb\xff" * 16
    texts = [b64encode(value).decode(), urlsafe_b64encode(value).decode()]
    texts += [text.rstrip("=") for text in texts] + [f" {texts[0]}\n"]

    assert {parse_key(text) for text in texts} == {urlsafe_b64encode(value).decode()}
    assert parse_key(new_key()) != new_key()


@pytest.mark.parametrize("text", ["", "short", "A" * 42, "A" * 45, "A" * 64, "!" * 44, "құпия" * 9])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    """The sentence goes to terminals and journals: a mistyped key is a secret still."""
    with pytest.raises(BadKey) as refused:
        parse_key(text)
    assert refused.value.arguments == {}
