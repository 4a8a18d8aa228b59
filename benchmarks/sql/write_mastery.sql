update public.student_mastery
set mastery_score = 0.6, last_assessed_at = %(at)s, last_interaction_id = %(interaction)s, observations = observations + 1,
    practised = 0.1, forgotten = 0, correct = 1, graded = 1
where user_id = %(learner)s and concept_tag = %(concept)s
