-- What some learners of synthetic_learners.sql do, $first <= place < $until. A pair's observations lie in sessions of a few, which come ever later;
-- each column but the answers before is worked out from the pair and the number of the observation alone.
with pairs as (
  select
    learner, cohort,
    printf('Synthetic concept %03d', (cohort_number * 13 + course * 3) % 200) as concept,
    number * 64 + course as pair,
    -- seconds since 2024-09-01
    86400 * (cohort_number * 8 + course * 4 + 10 * chance(pair, 1)) as begins,
    1 + least(59, floor(-19.5 * ln(1 - chance(pair, 2))))::int as many,
    3 + floor(6 * chance(pair, 3))::int as a_session,
    86400 * (0.3 + 0.7 * chance(pair, 4)) as apart,
    20 + 70 * chance(pair, 5) as rhythm,
    0.02 + 0.2 * chance(pair, 6) as rate,
    chance(pair, 7) < 0.02 as is_reset
  from synthetic_learners cross join (select unnest(range(50)) as course)
  where place >= $first and place < $until
),
numbered as (
  -- A reset comes after all observations, and counts as none.
  select *, unnest(range(1, many + 1 + is_reset::int)) as n from pairs
),
timed as (
  select
    *, n > many as resets, pair * 64 + n as event,
    second_of(begins, apart, rhythm, a_session, pair, n) as second,
    case when n > 1 then second_of(begins, apart, rhythm, a_session, pair, n - 1) end as earlier,
    score_of(rate, pair, n) as left_at, score_of(rate, pair, n - 1) as met
  from numbered
),
scored as (
  select
    *, second - earlier as gap, coalesce(met * 0.95 ** ((second - earlier) / 86400), met) as before,
    case when resets then 0.3 else left_at end as after,
    case when resets then 'reset' when chance(event, 8) < 0.8 then 'quiz' when chance(event, 8) < 0.9 then 'question' else 'explanation' end as trigger
  from timed
),
answered as (
  select *, case when trigger = 'quiz' then chance(event, 9) < 0.25 + 0.65 * before end as is_correct from scored
),
counted as (
  select
    *, coalesce(sum(is_correct::int) over earlier, 0)::int as successes, coalesce(sum((not is_correct)::int) over earlier, 0)::int as failures
  from answered
  window earlier as (partition by pair order by n rows between unbounded preceding and 1 preceding)
)
select
  strftime(make_timestamp(((1725148800 + second) * 1e6)::bigint), '%Y-%m') as month,
  learner, cohort, concept, ((1725148800 + second) * 1e6)::bigint as at,
  case trigger
    when 'quiz' then if(is_correct, 'correct', 'incorrect') when 'question' then 'confusion_detected' when 'explanation' then 'passive_read'
    else 'reset'
  end as outcome,
  trigger, is_correct, least(n, many)::int as opportunity, successes, failures, before, after, after - before as delta, before - met as forgotten, gap,
  case when chance(pair * 64 + (n - 1) // a_session, 10) < 0.95 then printf('%016x', hash(pair * 64 + (n - 1) // a_session)) end as session
from counted
order by month, learner, concept, n
