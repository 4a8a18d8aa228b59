-- Each learner practises each concept so many times in the 70 days up to now, four times within an hour on each of some days,
-- which is about how real learners practise. The log is in the order of time, as logs are.
insert into public.interactions (id, student_id, type, concept_focus, outcome, created_at)
select md5(learner || ' ' || concept || ' ' || n)::uuid, md5('learner' || learner)::uuid, 'quiz_attempt', 'Concept ' || concept,
       (array['correct', 'correct', 'correct', 'incorrect', 'passive_read', 'confusion_detected'])[1 + trunc(random() * 6)::integer],
       session.at + interval '1 hour' * random() as at
from generate_series(1, %(learners)s::integer) learner
cross join generate_series(1, %(concepts)s::integer) concept
cross join generate_series(0, %(per_pair)s::integer - 1, 4) first
cross join lateral (select now() - interval '1 hour' - interval '70 days' * random() + interval '0 days' * first as at) session
cross join lateral generate_series(first, least(first + 3, %(per_pair)s::integer - 1)) n
order by at
