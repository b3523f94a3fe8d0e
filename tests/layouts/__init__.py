"""Writers of the source datasets' official layouts with small synthetic pictures, for every test that needs one.

Tests are no package, so tests/conftest.py makes these modules importable as `bleedkit_test_layouts.surgblood` etc.
`CORRUPTIONS` of a layout names damage that can be planted in it: what it does to the written folder, and the code of
the one problem that a reader must find.
"""
