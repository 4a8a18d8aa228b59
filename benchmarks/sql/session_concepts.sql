-- What a session did to each of its concepts.
select h.concept_tag, count(*) as interactions, count(h.is_correct) as graded, count(*) filter (where h.is_correct) as correct,
       coalesce(sum(h.delta) filter (where h.delta > 0), 0) as gained, coalesce(sum(h.delta) filter (where h.delta < 0), 0) as lost
from public.interactions i
join public.mastery_history h on h.user_id = i.student_id and h.created_at = i.created_at and h.interaction_id = i.id
where i.session_id = %(session)s and h.trigger_type not in ('decay', 'reset')
group by h.concept_tag
