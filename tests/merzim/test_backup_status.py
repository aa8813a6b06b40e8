"""The backup status shown to the administrator."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from merzim.services.upkeep.backups import back_up
from merzim.settings import BackupSettings, Settings
from tests.web.conftest import NOW, TODAY, Site, build


def test_the_first_page_of_the_administration_warns_of_an_old_backup(tmp_path: Path) -> None:
    """Nothing where all is well but when it was; from 26 hours on a warning, and where there is none yet."""
    site = build()
    site.context.settings = _with_folder(site, tmp_path)
    never = _page(site)
    back_up(site.context, now=NOW - timedelta(hours=26), today=TODAY)
    fresh_page = _page(site)
    with site.client("administrator") as browser:
        figure = browser.get("/metrics").text
        tasks = browser.get("/administration?lang=en").text
    later = build(today=TODAY)
    later.context.settings = _with_folder(later, tmp_path)
    back_up(later.context, now=NOW - timedelta(hours=26, minutes=1), today=TODAY)

    assert "There is no backup yet" in never.partition("backup-late")[2]
    assert "backup-late" not in fresh_page
    assert "Last backup:" in fresh_page
    assert "scheduled backup" in tasks
    assert "merzim_backup_age_seconds 93600.0" in figure
    assert "backup-late" in _page(later)


def _with_folder(site: Site, folder: Path) -> Settings:
    return site.context.settings.model_copy(update={"backup": BackupSettings(folder=folder)})


def _page(site: Site) -> str:
    with site.client("administrator") as browser:
        return browser.get("/administration?lang=en").text
