"""The three languages of the product, and those in which papers are signed."""

from __future__ import annotations

LANGUAGES = ("kk", "ru", "en")
"""Every title and text of the law is written in these."""
PAPER_LANGUAGES = ("kk", "ru")
"""Documents to sign are written in these; English is only for reading the list of forms."""
KAZAKH_LETTERS = "әғқңөұүһі"
"""Letters of Kazakh that Russian lacks: by them texts that name no language are told apart."""
