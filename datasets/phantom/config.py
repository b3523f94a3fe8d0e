"""What a phantom clip is made from: typed settings with units. Bad ones are refused in one line when they are built."""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Final, Self

import numpy as np

from ..schema import ImageSize
from .config_checks import check_finite, check_not_negative, check_positive
from .sites import SITES, Site

SCENARIOS: Final = (
    "clear view",
    "obscured view",
    "camera jitter",
    "light reflection",
    "water flushing",
    "instrument interference",
    "smoke",
    "red dichromatic",
    "narrow-band",
)


class BleedingKind(StrEnum):
    """Venous and capillary blood wells up evenly; arterial blood comes in beats."""

    OOZING = "oozing"
    SPURTING = "spurting"


class ViewShape(StrEnum):
    """What of the frame the endoscope fills; the rest is black."""

    FULL = "full"
    ROUND = "round"
    OCTAGON = "octagon"


_DARKEST: Final = 0.2  # of a colour of tissue: below, it would be black


@dataclass(frozen=True)
class PatientLook:
    """What one person's tissue looks like at one site, the same in every clip of that person there.

    gain: (r, g, b) factors on the tissue's colour. vessel_density, wetness, roughness: 1 is the average person.
    texture_seed: names the anatomy (organ shapes, vessels) that clips see from different poses.
    """

    texture_seed: int
    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    vessel_density: float = 1.0
    wetness: float = 1.0
    roughness: float = 1.0

    def __post_init__(self) -> None:
        check_finite(self)
        check_positive(self, "vessel_density", "wetness", "roughness")
        if len(self.gain) != 3 or min(self.gain) <= 0:
            raise ValueError(f"PatientLook.gain must be three factors above 0, got {self.gain}")

    @classmethod
    def of(cls, patient_seed: int, site: str, identity: float = 1.0) -> Self:
        """The look of patient number `patient_seed` at `site`: traits are the person's, anatomy the person's there.

        identity: factor on how far people's traits lie from the average person's; 1 is as in life.
        """
        person = np.random.default_rng([_seed(patient_seed), 1])
        warmth, blood, pallor = identity * person.normal(0, (0.08, 0.10, 0.08))
        gain = (1 + pallor, (1 + pallor) * (1 - blood), (1 + pallor) * (1 - blood - warmth))
        anatomy = np.random.default_rng([_seed(patient_seed), zlib.crc32(site.encode())])
        return cls(
            texture_seed=int(anatomy.integers(2**62)),
            gain=(max(_DARKEST, float(gain[0])), max(_DARKEST, float(gain[1])), max(_DARKEST, float(gain[2]))),
            vessel_density=float(np.exp(identity * person.normal(0, 0.35))),
            wetness=float(np.exp(identity * person.normal(0, 0.25))),
            roughness=float(np.exp(identity * person.normal(0, 0.2))),
        )


@dataclass(frozen=True)
class SceneConfig:
    """The field. view_mm: its width at rest, None for the site's own. relief: 1 is the site's usual unevenness.

    old_pools, old_stains: how many remnants of earlier bleeding lie about, which no region label covers.
    """

    view_mm: float | None = None
    relief: float = 1.0
    old_pools: int = 1
    old_stains: int = 4

    def __post_init__(self) -> None:
        check_finite(self)
        check_positive(self, "view_mm")
        check_not_negative(self, "relief", "old_pools", "old_stains")


@dataclass(frozen=True)
class MotionConfig:
    """How camera and tissue move. Lengths are shares of the field's width, angles degrees, rates per second.

    drift: spread of slow camera wandering; tremor: of the hand's 6-10 Hz; jerks_per_s: sudden shifts of size `jerk`;
    zoom: spread of the logarithm of the distance; turn_deg: spread of roll, half of it of pitch and yaw.
    breaths_per_min moves tissue by `breathing`; an instrument's pull moves it by up to `pull`.
    """

    drift: float = 0.045
    tremor: float = 0.0006
    jerks_per_s: float = 0.05
    jerk: float = 0.05
    zoom: float = 0.05
    turn_deg: float = 3.0
    breaths_per_min: float = 14.0
    breathing: float = 0.02
    pull: float = 0.04

    def __post_init__(self) -> None:
        check_finite(self)
        check_not_negative(self, *(entry.name for entry in fields(self)))


@dataclass(frozen=True)
class BleedingConfig:
    """The blood. rate_ul_s: microlitres a second of each source, None for the site's own; times 1.6 when spurting.

    beats_per_min: of a spurting source. viscosity_mpas: 3.5 is whole blood. absorption_um_s: film lost to the tissue,
    micrometres a second. fresh_s: how long blood counts as active once it has left the source.
    """

    kind: BleedingKind = BleedingKind.OOZING
    rate_ul_s: float | None = None
    beats_per_min: float = 72.0
    viscosity_mpas: float = 3.5
    absorption_um_s: float = 2.0
    fresh_s: float = 6.0

    def __post_init__(self) -> None:
        check_finite(self)
        check_positive(self, "rate_ul_s", "beats_per_min", "viscosity_mpas", "fresh_s")
        check_not_negative(self, "absorption_um_s")


@dataclass(frozen=True)
class DisturbanceConfig:
    """Sizes of what disturbs the view at strength 1.

    jet: radius a water jet clears, as a share of the field's width. smoke_depth: optical depth of a dense plume.
    shaft_mm: instrument diameter, None for 5 mm through a trocar and 2.6 mm through an endoscope's channel. glare: gain
    on specular light.
    """

    jet: float = 0.07
    smoke_depth: float = 1.6
    shaft_mm: float | None = None
    glare: float = 2.5

    def __post_init__(self) -> None:
        check_finite(self)
        check_positive(self, "jet", "smoke_depth", "shaft_mm", "glare")


@dataclass(frozen=True)
class OpticsConfig:
    """The camera. view: None for the site's own. distortion: barrel, share by which the half diagonal shrinks.

    vignetting: light lost in the corners, 0..1. noise: sensor noise of mid grey, of 255. shutter: share of the frame
    time the shutter is open, 0 for no motion blur. jpeg_quality: None for uncompressed. interlaced: odd lines lag half
    a frame.
    """

    view: ViewShape | None = None
    distortion: float = 0.12
    vignetting: float = 0.35
    noise: float = 2.0
    shutter: float = 0.4
    jpeg_quality: int | None = 88
    interlaced: bool = False

    def __post_init__(self) -> None:
        check_finite(self)
        for name, most in (("distortion", 0.25), ("vignetting", 1.0), ("shutter", 1.0), ("noise", 64.0)):
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(f"OpticsConfig.{name} must be in [0, {most:g}], got {getattr(self, name):g}")
        if self.jpeg_quality is not None and not 1 <= self.jpeg_quality <= 100:
            raise ValueError(f"OpticsConfig.jpeg_quality must be in [1, 100] or None, got {self.jpeg_quality}")


@dataclass(frozen=True)
class PhantomClip:
    """One clip, wholly determined by these values. onset_frame: None for a clip that never bleeds.

    stop_frame: the first frame without bleeding again, None where it goes on to the end; what stands then is pooled.
    sources: how many points bleed; the first from the onset on, each further one within the next three seconds.
    scenarios: names from SCENARIOS to strength in [0, 1].
    """

    seed: int
    size: ImageSize
    n_frames: int
    fps: float
    patient: PatientLook
    site: str
    onset_frame: int | None
    sources: int = 1
    scenarios: Mapping[str, float] = field(default_factory=dict)
    scene: SceneConfig = SceneConfig()
    motion: MotionConfig = MotionConfig()
    bleeding: BleedingConfig = BleedingConfig()
    disturbances: DisturbanceConfig = DisturbanceConfig()
    optics: OpticsConfig = OpticsConfig()
    stop_frame: int | None = None

    def __post_init__(self) -> None:
        if self.site not in SITES:
            raise ValueError(f"PhantomClip.site must be one of {', '.join(SITES)}; got {self.site!r}")
        if self.n_frames < 1:
            raise ValueError(f"PhantomClip.n_frames must be at least 1, got {self.n_frames}")
        if not (self.fps > 0 and math.isfinite(self.fps)):
            raise ValueError(f"PhantomClip.fps must be above 0, got {self.fps}")
        if min(self.size.width, self.size.height) < 32:
            raise ValueError(f"PhantomClip.size must be at least 32x32 pixels, got {self.size}")
        if self.onset_frame is not None and not 0 <= self.onset_frame < self.n_frames:
            raise ValueError(f"PhantomClip.onset_frame must be in [0, {self.n_frames}), got {self.onset_frame}")
        if self.stop_frame is not None:
            onset = self.n_frames if self.onset_frame is None else self.onset_frame
            if not onset < self.stop_frame <= self.n_frames:
                raise ValueError(f"PhantomClip.stop_frame must come after the onset, got {self.stop_frame}")
        if not 1 <= self.sources <= 8:
            raise ValueError(f"PhantomClip.sources must be in [1, 8], got {self.sources}")
        for name, strength in self.scenarios.items():
            if name not in SCENARIOS:
                raise ValueError(f"PhantomClip.scenarios: {name!r} is none of {', '.join(SCENARIOS)}")
            if not 0 <= strength <= 1:
                raise ValueError(f"PhantomClip.scenarios: strength of {name!r} must be in [0, 1], got {strength}")

    @property
    def place(self) -> Site:
        """What is usual at the clip's site."""
        return SITES[self.site]

    @property
    def view_mm(self) -> float:
        """Width of the field at rest."""
        return self.scene.view_mm or self.place.view_mm

    def strength(self, scenario: str) -> float:
        """Strength of a scenario in [0, 1], 0 where the clip has it not."""
        return float(self.scenarios.get(scenario, 0.0))

    def rng(self, purpose: str) -> np.random.Generator:
        """Random numbers of this clip for one purpose: another purpose that draws more never shifts these."""
        return np.random.default_rng([_seed(self.seed), zlib.crc32(purpose.encode())])


def _seed(seed: int) -> int:
    if seed < 0:
        raise ValueError(f"a seed must be 0 or more, got {seed}")
    return seed
