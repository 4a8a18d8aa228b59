insert into public.interactions (id, student_id, type, concept_focus, outcome, created_at)
values (%(interaction)s, %(learner)s, 'quiz_attempt', %(concept)s, 'correct', %(at)s)
