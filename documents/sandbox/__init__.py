"""Files of others read in a process of their own, within limits: what web, commands and storage all use."""
