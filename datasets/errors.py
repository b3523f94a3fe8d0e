"""The one exception bleedkit raises for bad data; `ValueError` stays for a caller's slip."""


class BleedkitError(Exception):
    """Bad data, told in one line: where, what was wanted, what came, and what to do about it.

    what: file or `clip frame N: ...`, then the problem. remedy: the next thing to type or check.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what}; {remedy}" if remedy else what)
        self.what = what
        self.remedy = remedy
