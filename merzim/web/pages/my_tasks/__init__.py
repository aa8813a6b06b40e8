"""The task page: the reader's own obligations, recorded in one step."""
