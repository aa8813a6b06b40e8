"""Commands on a case: each writes events. Plans and previews, which store nothing, are here too."""
