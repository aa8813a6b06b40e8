"""Encrypted secrets: readable only with the right key for the right account."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode

import pytest

from merzim.storage.accounts.encryption import BadKey, Cipher, Key, UnreadableSecret, key_of, new_key, parse_key

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OLD, NEW = Key(value=b"\x01" * 32), Key(value=b"\x02" * 32)


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
    assert refused.value.arguments == {"login": "administrator", "key": NEW.id}


def test_a_secret_altered_by_one_letter_is_refused() -> None:
    """Neither the nonce nor the ciphertext nor its length may change."""
    cipher = Cipher(NEW)
    stored = cipher.encrypt(SECRET, "aliyeva")
    start = stored.rindex(":") + 1
    altered = [
        stored[:start] + ("B" if stored[start] == "A" else "A") + stored[start + 1 :],
        stored[:-4] + ("B" if stored[-4] == "A" else "A") + stored[-3:],
        stored[: start + 8],
        stored[:start],
        stored[:start] + "не base64",
    ]

    for text in altered:
        with pytest.raises(UnreadableSecret):
            cipher.decrypt(text, "aliyeva")


def test_an_old_key_reads_and_does_not_encrypt() -> None:
    """While the key is changed both are given; what was encrypted says with which."""
    before = Cipher(OLD).encrypt(SECRET, "aliyeva")
    both_ciphers = Cipher(NEW, [OLD])

    assert both_ciphers.decrypt(before, "aliyeva") == SECRET
    assert key_of(before) == OLD.id
    assert key_of(both_ciphers.encrypt(SECRET, "aliyeva")) == NEW.id
    with pytest.raises(UnreadableSecret):
        Cipher(NEW).decrypt(before, "aliyeva")


def test_a_secret_an_older_version_left_in_clear_is_read_as_it_stands() -> None:
    """Until the service starts and encrypts it."""
    assert (key_of(SECRET), Cipher(NEW).decrypt(SECRET, "aliyeva")) == ("", SECRET)


def test_a_key_is_read_in_either_alphabet_of_base64() -> None:
    """As `openssl rand -base64 32` and as programs write it, with and without its last sign."""
    value = b"\xfb\xff" * 16
    texts = [b64encode(value).decode(), urlsafe_b64encode(value).decode()]
    texts += [text.rstrip("=") for text in texts] + [f" {texts[0]}\n"]

    assert {parse_key(text).value for text in texts} == {value}
    assert len(parse_key(new_key()).value) == 32
    assert new_key() != new_key()


@pytest.mark.parametrize("text", ["", "short", "A" * 42, "A" * 45, "A" * 64, "!" * 44, "құпия" * 9])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    """The sentence goes to terminals and journals: a mistyped key is a secret still."""
    with pytest.raises(BadKey) as refused:
        parse_key(text)
    assert refused.value.arguments == {}


def test_no_key_stands_in_what_a_program_prints_of_it() -> None:
    """Tracebacks show values."""
    assert "x01" not in repr(OLD)
    assert OLD.id != NEW.id
