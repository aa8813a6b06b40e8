"""Evidence files: addressed by content, stored whole or not at all, never overwritten."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

import i18n
from merzim.documents.evidence import EvidenceDamaged
from merzim.storage.cases.evidence import EvidenceFolder
from tests.documents.sheets import zipped
from workflow.refusal import Refusal

ORDER = "Бұйрық №15 «Ішкі талдау туралы»".encode()


def test_a_file_is_kept_under_its_hash_and_read_back(tmp_path: Path) -> None:
    """The reference is the SHA-256 of the bytes."""
    store = EvidenceFolder(tmp_path / "дәлелдер")

    reference = store.keep(BytesIO(ORDER), "бұйрық.txt").reference

    assert reference == sha256(ORDER).hexdigest()
    with store.open(reference) as file:
        assert file.read() == ORDER


def test_the_same_file_twice_is_one_file(tmp_path: Path) -> None:
    """Nothing is overwritten, and nothing is left lying about."""
    store = EvidenceFolder(tmp_path)
    reference = store.keep(BytesIO(ORDER), "бұйрық.txt").reference
    place = tmp_path / reference[:2] / reference
    mtime = place.stat().st_mtime_ns

    assert store.keep(BytesIO(ORDER), "басқа аты.txt").reference == reference
    assert place.stat().st_mtime_ns == mtime
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [place]


def test_the_largest_file_is_kept_and_one_byte_more_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is part of what is allowed; what was begun is taken away."""
    monkeypatch.setattr("merzim.storage.cases.evidence.LIMIT", 1024 * 1024)
    store = EvidenceFolder(tmp_path)
    store.keep(BytesIO(b"x" * 1024 * 1024), "x.txt")

    with pytest.raises(Refusal) as caught:
        store.keep(BytesIO(b"y" * (1024 * 1024 + 1)), "y.txt")

    assert (caught.value.code, caught.value.arguments) == ("evidence_too_large", {"limit": 1})
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 1


def test_a_folder_that_cannot_be_written_is_a_refusal(tmp_path: Path) -> None:
    """A file is in the place of the folder."""
    (tmp_path / "taken").write_text("x", encoding="utf-8")

    with pytest.raises(Refusal) as caught:
        EvidenceFolder(tmp_path / "taken").keep(BytesIO(ORDER), "бұйрық.txt")

    assert caught.value.code == "evidence_unwritable"
    assert all(i18n.say(caught.value.code, caught.value.arguments, language) for language in i18n.LANGUAGES)


@pytest.mark.parametrize("reference", ["../../etc/passwd", "", "ab", "A" * 64, "0" * 64])
def test_a_reference_that_is_no_stored_hash_opens_nothing(tmp_path: Path, reference: str) -> None:
    """Least of all a way out of the folder."""
    with pytest.raises(EvidenceDamaged) as caught:
        EvidenceFolder(tmp_path).open(reference)

    assert caught.value.code == "evidence_missing"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("бұйрық.pdf", b"<html>not a document</html>", "evidence_other_kind"),
        ("бағдарлама.exe", b"MZ", "evidence_unknown_kind"),
        ("аты жоқ", b"%PDF-1.4", "evidence_unknown_kind"),
        ("бос.pdf", b"", "evidence_empty"),
        ("../x", zipped({"../x": b""}), "evidence_archive_leads_out"),
    ],
)
def test_a_file_that_is_empty_or_of_a_wrong_kind_is_refused_in_one_sentence(
    tmp_path: Path, name: str, data: bytes, code: str
) -> None:
    """What, which file, what is allowed; nothing is left in the folder."""
    with pytest.raises(Refusal) as caught:
        EvidenceFolder(tmp_path).keep(BytesIO(data), "бәрі.zip" if name == "../x" else name)

    assert caught.value.code == code
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
    for language in i18n.LANGUAGES:
        assert name in i18n.say(caught.value.code, caught.value.arguments, language) or not data


def test_a_gigabyte_is_refused_without_being_taken_into_memory(tmp_path: Path) -> None:
    """It is read step by step up to the limit; nothing of it stays on the disk."""
    large = tmp_path / "бейнежазба.pdf"
    with large.open("wb") as file:
        file.write(b"%PDF-1.7")
        file.truncate(1024**3)
    folder = tmp_path / "kept"

    tracemalloc.start()
    with large.open("rb") as content, pytest.raises(Refusal) as caught:
        EvidenceFolder(folder).keep(content, large.name)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert caught.value.code == "evidence_too_large"
    assert peak < 8 * 1024 * 1024
    assert list(folder.iterdir()) == []


FORGED = ORDER.replace("№15".encode(), "№51".encode())


def overwritten(place: Path) -> None:
    """Other bytes of the same length, with the time the file had."""
    times = (place.stat().st_atime_ns, place.stat().st_mtime_ns)
    place.chmod(0o600)
    with place.open("r+b") as file:
        file.write(FORGED)
    os.utime(place, ns=times)


def shortened(place: Path) -> None:
    place.chmod(0o600)
    os.truncate(place, len(ORDER) - 1)


def replaced_by_a_pipe(place: Path) -> None:
    place.unlink()
    os.mkfifo(place)


def replaced_by_a_folder(place: Path) -> None:
    place.unlink()
    place.mkdir()


def grown_past_the_limit(place: Path) -> None:
    """A hole of a terabyte: to read it to its end would take an hour."""
    place.chmod(0o600)
    os.truncate(place, 1024**4)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (overwritten, "evidence_altered"),
        (shortened, "evidence_altered"),
        (replaced_by_a_pipe, "evidence_altered"),
        (replaced_by_a_folder, "evidence_altered"),
        (grown_past_the_limit, "evidence_altered"),
        (Path.unlink, "evidence_missing"),
    ],
)
def test_a_file_that_is_not_as_it_was_recorded_is_never_opened(
    tmp_path: Path, damage: Callable[[Path], None], code: str
) -> None:
    """Not one byte of it, whatever its size and times say; the sentence names case, file and hash."""
    store = EvidenceFolder(tmp_path)
    reference = store.keep(BytesIO(ORDER), "бұйрық.txt").reference
    damage(tmp_path / reference[:2] / reference)

    with pytest.raises(EvidenceDamaged) as opening:
        store.open(reference)
    with pytest.raises(EvidenceDamaged) as checking:
        store.check(reference)

    assert (opening.value.code, checking.value.code) == (code, code)
    problem = opening.value.of("2026-0001", "бұйрық.txt")
    for language in i18n.LANGUAGES:
        sentence = i18n.say(problem.code, problem.arguments, language)
        assert all(part in sentence for part in ("2026-0001", "бұйрық.txt", reference)), sentence


def test_what_was_opened_cannot_be_changed_any_more(tmp_path: Path) -> None:
    """Who overwrites the file between the comparison and the reading changes nothing of what is read."""
    store = EvidenceFolder(tmp_path)
    reference = store.keep(BytesIO(ORDER), "бұйрық.txt").reference

    with store.open(reference) as order_file:
        overwritten(tmp_path / reference[:2] / reference)
        assert order_file.read() == ORDER


def test_an_altered_file_is_mended_by_sending_the_original_again(tmp_path: Path) -> None:
    """What is said to be kept must be there: the forgery does not stand in the original's way."""
    store = EvidenceFolder(tmp_path)
    reference = store.keep(BytesIO(ORDER), "бұйрық.txt").reference
    overwritten(tmp_path / reference[:2] / reference)

    assert store.keep(BytesIO(ORDER), "бұйрық.txt").reference == reference
    with store.open(reference) as file:
        assert file.read() == ORDER


def test_fifty_megabytes_are_handed_out_without_being_taken_into_memory(tmp_path: Path) -> None:
    """The copy that is compared lies on the disk."""
    large = tmp_path / "бейнежазба.txt"
    with large.open("wb") as file:
        file.write(b"x" * 1024)
        file.seek(50 * 1024 * 1024 - 1)
        file.write(b"x")
    digest = sha256(large.read_bytes()).hexdigest()
    (tmp_path / digest[:2]).mkdir()
    large.rename(tmp_path / digest[:2] / digest)

    tracemalloc.start()
    with EvidenceFolder(tmp_path).open(digest) as stored_file:
        assert stored_file.read(1024) == b"x" * 1024
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 * 1024 * 1024
