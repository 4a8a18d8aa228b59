-- The sessions that a learner started between two moments, newest first, and what their practice came to.
with wanted as materialized (
  select id, started_at, ended_at, metadata
  from public.learning_sessions
  where user_id = %(learner)s and started_at >= %(since)s and started_at <= %(until)s
  order by started_at desc, id
  limit %(max_rows)s
),
came as materialized (
  select session_id, count(*) as interactions, count(is_correct) as graded, count(*) filter (where is_correct) as correct,
         count(distinct concept_tag) as concepts,
         coalesce(sum(delta) filter (where delta > 0), 0) as gained, coalesce(sum(delta) filter (where delta < 0), 0) as lost
  from public.mastery_history
  where user_id = %(learner)s and session_id is not null and trigger_type not in ('decay', 'reset')
    and created_at >= (select min(started_at) from wanted)
  group by session_id
)
select wanted.*, came.*
from wanted left join came on came.session_id = wanted.id
order by wanted.started_at desc, wanted.id
