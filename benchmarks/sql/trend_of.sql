-- What the practice of the last seven days did to some concepts, and what time took.
select concept_tag,
       coalesce(sum(delta) filter (where trigger_type not in ('decay', 'reset')), 0) as delta,
       coalesce(sum(delta) filter (where trigger_type = 'decay'), 0) as forgotten,
       count(*) filter (where trigger_type not in ('decay', 'reset')) as events
from public.mastery_history
where user_id = %(learner)s and created_at >= %(at)s - interval '7 days' and created_at <= %(at)s and concept_tag = any (%(concepts)s)
group by concept_tag
