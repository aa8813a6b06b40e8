"""Imports of files: schedules that become cases, people, and the meaning of responsible texts."""
