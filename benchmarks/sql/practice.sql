-- What came of a learner's practice between two moments.
select count(*) filter (where trigger_type not in ('decay', 'reset')) as observations,
       count(*) filter (where is_correct) as correct,
       count(is_correct) as graded,
       coalesce(sum(delta) filter (where trigger_type not in ('decay', 'reset')), 0) as practice_delta,
       coalesce(sum(delta) filter (where trigger_type = 'decay'), 0) as forgotten,
       count(distinct concept_tag) filter (where trigger_type not in ('decay', 'reset')) as concepts,
       count(distinct (created_at at time zone %(zone)s)::date) filter (where trigger_type not in ('decay', 'reset')) as days_practised
from public.mastery_history
where user_id = %(learner)s and created_at >= %(since)s and created_at <= %(until)s
