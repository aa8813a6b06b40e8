"""The notification channels, and the folder of letters."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from i18n import LANGUAGES, refusal
from notifications.channels import load
from notifications.channels.folder import Folder, channel
from notifications.notice import Outcome
from tests.notifications.sample_office import FIVE_BEFORE, noon, parcel
from workflow.refusal import Refusal

NOW = noon(FIVE_BEFORE)


def written(folder: Folder, *numbers: int) -> list[Outcome]:
    batch = [parcel(number) for number in numbers]
    outcomes = asyncio.run(folder.send(batch, now=NOW))
    return [outcomes[parcel.notice.key] for parcel in batch]


def test_every_channel_calls_itself_by_its_file() -> None:
    """Otherwise its notices would be claimed by nobody."""
    needed = {"email": {"host": "localhost", "port": 25, "sender": "m@example.kz"}}

    for name in ("folder", "email"):
        assert load(name, needed.get(name, {})).name == name


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_channel_is_refused_with_those_there_are(language: str) -> None:
    """A typo in config.toml learns what is allowed."""
    with pytest.raises(Refusal) as refused:
        load("pigeon", {})
    sentence = refusal(refused.value, language)

    assert "pigeon" in sentence
    assert "email" in sentence
    assert "folder" in sentence


def test_knowing_the_names_imports_no_channel() -> None:
    """A channel's library costs only those who use it."""
    script = "import sys, notifications.channels as c; c.names(); sys.exit('aiosmtplib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_letter_is_one_file_a_mail_program_opens(tmp_path: Path) -> None:
    """An .eml in the folder, which is made when it is not there; after a crash the same notice overwrites
    itself."""
    folder = channel(path=tmp_path / "var" / "letters", sender="merzim@example.kz")
    for _ in range(2):
        (outcome,) = written(folder, 1)
    (file,) = folder.path.iterdir()
    message = message_from_bytes(file.read_bytes(), policy=policy.default)

    assert outcome == Outcome(state="sent", answer=file.name)
    assert file.suffix == ".eml"
    assert message["Message-ID"] == parcel(1).notice.message_id
    assert message["Subject"] == parcel(1).letter.subject


def test_a_letter_to_no_address_has_failed(tmp_path: Path) -> None:
    """As by e-mail: nobody finds it in the folder instead."""
    nowhere = parcel(address="nobody")
    outcomes = asyncio.run(channel(path=tmp_path, sender="merzim@example.kz").send([nowhere], now=NOW))

    assert outcomes == {nowhere.notice.key: Outcome(state="failed", answer="not an e-mail address: 'nobody'")}
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    """Where the folder should be there is a file: nothing is lost, the answer says what the system said."""
    (tmp_path / "letters").write_text("")
    (outcome,) = written(channel(path=tmp_path / "letters", sender="merzim@example.kz"), 1)

    assert outcome.state == "queued"
    assert "letters" in outcome.answer


def test_a_disk_that_is_full_leaves_no_half_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Incomplete files are removed and the delivery retried."""

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    (outcome,) = written(channel(path=tmp_path, sender="merzim@example.kz"), 1)

    assert outcome.state == "queued"
    assert not list(tmp_path.iterdir())
