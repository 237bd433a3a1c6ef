"""The rules of the office. Verbs live here, named after the office's own verbs; views and jobs only call them."""
