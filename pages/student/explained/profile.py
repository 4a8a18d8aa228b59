"""What the choices of the Profile screen do."""

TIME_ZONE = "Days, weeks and times of day are this zone's. What is stored stays as it is."
WEAK = "A concept whose score now is below this counts as one to review. The review plan keeps concepts from falling below."
MASTERED = "A concept whose score now is at least this counts as mastered. What lies between the two is on the way."
THEME = (
    "**Light or dark** follows your system. To choose for this browser, open the menu ⋮ at the top right and pick "
    "*System*, *Light* or *Dark*."
)
USUAL = "You use the usual thresholds."
OWN = "You use thresholds of your own."
YOUR_ID = (
    "Whoever teaches you or wants to teach with you can invite you by this id, where they do not know your e-mail address. It names you and "
    "opens nothing: you choose whether to accept."
)
RESEARCH = (
    "Those who teach a cohort may share with researchers what its learners do, all of their practice: without names, e-mail addresses or ids, "
    "under other names that only this database can give. Whether yours is part of it is for you to say, and nobody is told. Your own "
    "screens stay as they are."
)
TAKES_PART = "You take part, where a cohort of yours is shared."
TAKES_NO_PART = (
    "You take no part: the next extract holds nothing of yours. What was extracted before stays with who has it."
)
