select m.user_id, m.concept_tag, m.observations,
       m.mastery_score * exp(greatest(-300, ln(m.decay_factor) * date_part('epoch', %(until)s::timestamptz - m.last_assessed_at) / 86400)) as score
from public.student_mastery m
where m.user_id = any (%(learners)s::uuid[])
