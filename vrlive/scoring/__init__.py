"""``vrlive score``: how well a rig's lenses agree, and how good the panorama is that they make, in numbers and in a picture."""

from vrlive.scoring.files import check_outputs, score_files, write
from vrlive.scoring.picture import draw
from vrlive.scoring.report import report
from vrlive.scoring.scores import Scores

__all__ = ["Scores", "check_outputs", "draw", "report", "score_files", "write"]
