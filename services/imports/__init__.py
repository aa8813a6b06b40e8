"""Files taken in: schedules that become cases, people, what responsible texts mean."""
