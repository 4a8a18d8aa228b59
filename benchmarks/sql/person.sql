-- Who somebody is, and when they first and last practised.
select p.display_name, p.time_zone, p.weak_below, p.mastered_from, p.compares, u.email, u.raw_app_meta_data ->> 'role' as role,
       (select array_agg(c.name order by c.name) from public.cohort_members m join public.cohorts c on c.id = m.cohort_id where m.user_id = p.id) as cohorts,
       (select min(h.created_at) from public.mastery_history h where h.user_id = p.id) as first_activity,
       (select max(m.last_assessed_at) from public.student_mastery m where m.user_id = p.id) as last_activity
from public.profiles p join auth.users u on u.id = p.id
where p.id = %(person)s
