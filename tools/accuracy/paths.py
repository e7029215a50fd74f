"""Where the scripts read and write; every path is inside the repository."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
MODELS = REPOSITORY / "models"
WORK = REPOSITORY / "build" / "accuracy"  # git-ignored
