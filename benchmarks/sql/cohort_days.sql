-- What days came to, as answers read it: each learner practised each concept so many times, on another day each, nine days or so apart
-- and the last within a week or so. In the order of time, as a log is written.
insert into public.mastery_daily
  (user_id, day, concept_tag, closing_score, closed_at, previous_at, gained, lost, forgotten, observations, correct, graded, opportunity)
select user_id, at::date, concept, score, at at time zone 'UTC', lag(at at time zone 'UTC') over pair,
       greatest(score - kept, 0), least(score - kept, 0), kept - coalesce(lag(score) over pair, 0.5), 1, (score > kept)::integer, 1, nth
from (
  select *, coalesce(lag(score) over (partition by user_id, concept order by nth) * 0.6, 0.5) as kept
  from (
    select m.user_id, concept, nth, random() as score,
           date_trunc('day', now() at time zone 'UTC') - interval '9 days' * (%(times)s - nth) - interval '1 day' * (1 + phase) + interval '12 hours' as at
    from public.cohorts c
    join public.cohort_members m on m.cohort_id = c.id
    cross join lateral (select 'Concept ' || lpad(n::text, 2, '0') as concept, trunc(random() * 8) as phase from generate_series(1, %(concepts)s::integer) n) concepts
    cross join generate_series(1, %(times)s::integer) nth
    where c.name = %(name)s
  ) practised
) faded
window pair as (partition by user_id, concept order by nth)
order by at
