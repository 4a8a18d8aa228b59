"""How the kinds of steps look: right, wrong, asked, read, set anew differ by shape, by colour and in words."""

from mastery_core.charts.palette import COLOURS

KIND_WORDS = {
    "correct": "right answer",
    "incorrect": "wrong answer",
    "question": "asked a question",
    "explanation": "read an explanation",
    "reset": "set anew",
}
KIND_GLYPHS = {"correct": "●", "incorrect": "✕", "question": "◆", "explanation": "■", "reset": "▲"}
KIND_SYMBOLS = {
    "correct": "circle",
    "incorrect": "x",
    "question": "diamond",
    "explanation": "square",
    "reset": "triangle-up",
}
KIND_COLOURS = {
    "correct": COLOURS[2],
    "incorrect": COLOURS[1],
    "question": COLOURS[4],
    "explanation": COLOURS[0],
    "reset": "#7d8590",
}
