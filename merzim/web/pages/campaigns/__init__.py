"""Pages of campaigns: the officer's list, start and status of one; and the page behind a personal link."""
