insert into public.student_mastery
  (user_id, concept_tag, mastery_score, decay_factor, last_assessed_at, observations, correct, graded)
select d.user_id, d.concept_tag, d.closing_score, 0.95, d.closed_at, d.opportunity, 0, d.opportunity
from public.cohorts c
join public.cohort_members m on m.cohort_id = c.id
join public.mastery_daily d on d.user_id = m.user_id and d.opportunity = %(times)s
where c.name = %(name)s
