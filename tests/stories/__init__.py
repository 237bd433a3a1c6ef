"""One document's whole life through three real installations: played, told and verified."""
