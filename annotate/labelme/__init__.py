"""Labels of a cohort in a folder that labelme opens, and corrections out of it. labelme itself is never imported."""
