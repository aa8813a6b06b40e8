"""What every page is made of: values worded, rows as lines, answers read, the reader's language and theme."""
