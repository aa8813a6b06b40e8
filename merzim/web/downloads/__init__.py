"""Files to download, each by one handler that stands at an address of the pages and at one of the API."""
