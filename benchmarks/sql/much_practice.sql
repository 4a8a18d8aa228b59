-- Each learner practises each concept so many times in the 70 days up to now; the log is in the order of time, as logs are.
insert into public.interactions (id, student_id, type, concept_focus, outcome, created_at)
select md5(learner || ' ' || concept || ' ' || n)::uuid, md5('learner' || learner)::uuid, 'quiz_attempt', 'Concept ' || concept,
       (array['correct', 'correct', 'correct', 'incorrect', 'passive_read', 'confusion_detected'])[1 + hashed.place %% 6],
       now() - interval '70 days' * (hashed.place / 4294967296.0)
from generate_series(1, %(learners)s::integer) learner, generate_series(1, %(concepts)s::integer) concept,
     generate_series(1, %(per_pair)s::integer) n
cross join lateral (select hashint8extended(learner * 100000000::bigint + concept * 100000 + n, 0) & 4294967295 as place) hashed
order by hashed.place desc
