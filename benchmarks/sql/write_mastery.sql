update public.student_mastery
set mastery_score = 0.6, last_assessed_at = %(at)s, observations = observations + 1, last_interaction_id = %(interaction)s
where user_id = %(learner)s and concept_tag = %(concept)s
