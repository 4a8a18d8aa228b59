-- Chance, from a number and what it is asked for: the same for a seed, whatever else is asked. 0 to 1, 1 excluded.
create temp macro chance(number, asked) as (hash(number * 16 + asked + getvariable('seed')::bigint * 1000003) >> 11) / 9007199254740992.0;

-- When a pair's n-th observation is: sessions begin ever further apart, observations in one follow each other.
create temp macro second_of(begins, apart, rhythm, a_session, pair, n) as
  begins + apart * (((n - 1) // a_session) * ((n - 1) // a_session + 1) / 2) + rhythm * ((n - 1) % a_session + 0.9 * chance(pair * 64 + n, 11));

-- The score that a pair's n-th observation leaves: it rises towards 1, not evenly.
create temp macro score_of(rate, pair, n) as 0.3 + 0.7 * (1 - exp(-rate * n)) * (0.8 + 0.2 * chance(pair * 64 + n, 12));

-- Learners in the order of their names; their place in it is what a part of them is asked for by.
create temp table synthetic_learners as
with named as (
  select
    number, printf('%016x', hash(number + getvariable('seed')::bigint * 1000003)) as learner,
    floor(50 * chance(number, 13))::int as cohort_number
  from (select unnest(range($learners)) as number)
)
select *, printf('%016x', hash(cohort_number + 7777777)) as cohort, row_number() over (order by learner) - 1 as place from named;
