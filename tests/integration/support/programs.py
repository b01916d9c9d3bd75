"""Where the programs under test and the repository are."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]


def folder() -> pathlib.Path:
    """GENGFU_BIN, or the newest-use build of this tree: release, then dev."""
    wanted = os.environ.get("GENGFU_BIN")
    candidates = [pathlib.Path(wanted)] if wanted else [ROOT / "build" / preset / "bin" for preset in ("release", "dev")]
    for candidate in candidates:
        if (candidate / "gengfud").is_file():
            return candidate.resolve()
    looked = ", ".join(str(candidate) for candidate in candidates)
    raise FileNotFoundError(f"no gengfud in {looked}: build it (cmake --workflow --preset dev) or set GENGFU_BIN")


def path(name: str) -> str:
    return str(folder() / name)
