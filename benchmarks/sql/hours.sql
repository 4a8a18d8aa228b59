-- The hours of the clock in a time zone with practice between two moments, and what they came to. Offsets of zones are quarters of an
-- hour: a zone is asked of a few thousand quarters, not of each row.
with quarters as (
  select date_bin('15 minutes', created_at, timestamptz 'epoch') as at, count(*) as observations, count(is_correct) as graded,
         count(*) filter (where is_correct) as correct, sum(greatest(delta, 0)) as gained, sum(least(delta, 0)) as lost,
         count(*) filter (where session_id is null) as outside
  from public.mastery_history
  where user_id = %(learner)s and created_at >= %(since)s and created_at <= %(until)s and trigger_type not in ('decay', 'reset')
  group by 1
)
select date_trunc('hour', at at time zone %(zone)s) as hour, sum(observations) as observations, sum(graded) as graded, sum(correct) as correct,
       sum(gained) as gained, sum(lost) as lost, sum(outside) as outside
from quarters
group by 1
order by 1
