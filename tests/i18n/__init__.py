"""Tests of the i18n package."""
