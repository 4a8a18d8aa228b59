-- Who is who, and what those who keep the house do about it: the service and administrators.

set check_function_bodies = off;

-- Everybody with their role: the one that was given to them, else instructor where they teach a cohort, else student. For the rooms
-- below alone.
create view private.people_with_role with (security_invoker = true) as
select p.id, p.display_name, u.email, p.time_zone, p.weak_below, p.mastered_from, p.compares,
       case
         when u.raw_app_meta_data ->> 'role' in ('instructor', 'researcher', 'admin') then u.raw_app_meta_data ->> 'role'
         when exists (select from public.cohort_members m where m.user_id = p.id and m.role = 'instructor') then 'instructor'
         else 'student'
       end as role
from public.profiles p join auth.users u using (id);
revoke all on private.people_with_role from public, anon, authenticated, service_role;

-- One person, as far as the one who asks may see. Everybody sees themselves, who reads no tables too.
create function public.person(person uuid) returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.person(person);
end
$$;

create function private.person(person uuid) returns jsonb language plpgsql stable security definer set search_path = '' as $$
declare
  is_open constant boolean := private.is_service() or person = auth.uid();
begin
  if person is distinct from auth.uid() or not exists (select from public.profiles p where p.id = person.person) then
    perform private.require_visible(person);
  end if;
  return (
    select jsonb_build_object(
      'id', p.id, 'display_name', p.display_name, 'role', p.role, 'time_zone', p.time_zone,
      'weak_below', p.weak_below, 'mastered_from', p.mastered_from, 'compares', p.compares,
      'in_research', case when is_open then private.takes_part(p.id) end, -- what they chose is for nobody else to see
      'cohorts', (select coalesce(jsonb_agg(c.name order by c.name), '[]')
                  from public.cohort_members m join public.cohorts c on c.id = m.cohort_id
                  where m.user_id = p.id and (is_open or c.id = any (private.cohorts_taught()))),
      'interactions', (select coalesce(sum(observations), 0) from public.student_mastery where user_id = p.id),
      'first_activity', (select min(created_at) from public.mastery_history where user_id = p.id),
      'last_activity', (select max(last_assessed_at) from public.student_mastery where user_id = p.id))
    from private.people_with_role p where p.id = person.person);
end
$$;

-- Everybody, for those who keep the house: by name, students last, at most so many, and how many there are.
create function public.people(search text default null, max_people integer default 200)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.people(search, max_people);
end
$$;

create function private.people(search text, max_people integer) returns jsonb language plpgsql stable security definer set search_path = '' as $$
begin
  perform private.require_keeper();
  return (
    with found as (
      select p.id, p.role, p.display_name, count(*) over () as total
      from private.people_with_role p
      where search is null or strpos(lower(p.display_name), lower(search)) > 0
      order by p.role = 'student', lower(p.display_name), p.id
      limit max_people
    )
    select jsonb_build_object(
      'total', coalesce(max(total), 0),
      'people', coalesce(jsonb_agg(private.listed(id) order by role = 'student', lower(display_name), id), '[]'))
    from found);
end
$$;

-- Somebody who is not known from practice, such as who teaches. Who is there already stays as they are.
create function public.add_person(person uuid, display_name text) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.add_person(person, display_name);
end
$$;

create function private.add_person(person uuid, display_name text) returns jsonb language plpgsql security definer set search_path = '' as $$
begin
  perform private.require_service();
  if person is null or coalesce(btrim(display_name), '') = '' then
    raise exception 'A person needs an id and a name.' using errcode = '22023';
  end if;
  insert into auth.users (id, raw_user_meta_data) values (person, jsonb_build_object('display_name', btrim(display_name)))
  on conflict (id) do nothing;
  return private.listed(person);
end
$$;

-- A person as people lists them.
create function private.listed(person uuid) returns jsonb language plpgsql stable set search_path = '' as $$
begin
  return (
    select jsonb_build_object(
      'id', p.id, 'display_name', p.display_name, 'role', p.role,
      'cohorts', (select coalesce(jsonb_agg(c.name order by c.name), '[]')
                  from public.cohort_members m join public.cohorts c on c.id = m.cohort_id where m.user_id = p.id),
      'interactions', coalesce(sum(m.observations), 0), 'last_activity', max(m.last_assessed_at))
    from private.people_with_role p left join public.student_mastery m on m.user_id = p.id
    where p.id = person
    group by p.id, p.display_name, p.role);
end
$$;

-- Whom somebody means: by id, e-mail or name, upper or lower case; where it is nobody's, those in whose name it stands.
create function public.find_people(who text, max_people integer default 20)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.find_people(who, max_people);
end
$$;

create function private.find_people(who text, max_people integer) returns jsonb language plpgsql stable security definer set search_path = '' as $$
declare
  wanted constant text := lower(btrim(who));
begin
  perform private.require_keeper();
  return (
    with candidates as (
      select p.*, wanted in (p.id::text, lower(p.email), lower(p.display_name)) as exact
      from private.people_with_role p
      where wanted in (p.id::text, lower(p.email)) or strpos(lower(p.display_name), wanted) > 0
    ),
    found as (
      select c.*, count(*) over () as total
      from candidates c
      where exact or not exists (select from candidates where exact)
      order by lower(display_name), id
      limit max_people
    )
    select jsonb_build_object(
      'exact', coalesce(bool_or(exact), false), 'total', coalesce(max(total), 0),
      'people', coalesce(jsonb_agg(jsonb_build_object(
          'id', f.id, 'display_name', f.display_name, 'email', f.email, 'role', f.role,
          'cohorts', (select coalesce(jsonb_agg(c.name order by c.name), '[]')
                      from public.cohort_members m join public.cohorts c on c.id = m.cohort_id where m.user_id = f.id))
        order by lower(f.display_name), f.id), '[]'))
    from found f);
end
$$;

-- Give somebody a role; student takes it away. It holds from their next query on.
create function public.grant_role(person uuid, role text) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.grant_role(person, role);
end
$$;

create function private.grant_role(person uuid, role text) returns jsonb language plpgsql security definer set search_path = '' as $$
begin
  perform private.require_keeper();
  if role is null or role not in ('student', 'instructor', 'researcher', 'admin') then
    raise exception 'Unknown role "%": use one of admin, instructor, researcher, student.', left(role, 80) using errcode = '22023';
  end if;
  -- One at a time: two administrators who step back at once are not both the last but one.
  perform from auth.users where raw_app_meta_data ->> 'role' = 'admin' or id = person order by id for no key update;
  if role <> 'admin' and person = auth.uid() and not private.is_service()
     and not exists (select from auth.users where raw_app_meta_data ->> 'role' = 'admin' and id <> person) then
    raise exception 'You are the last administrator: make somebody else one first.' using errcode = '22023';
  end if;
  update auth.users
  set raw_app_meta_data = case grant_role.role
        when 'student' then raw_app_meta_data - 'role'
        else coalesce(raw_app_meta_data, '{}') || jsonb_build_object('role', grant_role.role)
      end
  where id = person;
  if not found then
    raise exception 'There is no such person.' using errcode = 'P0002';
  end if;
  return private.listed(person);
end
$$;

-- The cohorts, for those who keep the house all, for an instructor those they teach.
create function public.list_cohorts() returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.list_cohorts();
end
$$;

create function private.list_cohorts() returns jsonb language plpgsql stable security definer set search_path = '' as $$
declare
  shown constant uuid[] := private.cohorts_shown();
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
        'id', c.id, 'name', c.name, 'archived_at', c.archived_at, 'students', n.students, 'instructors', n.instructors)
      order by c.name), '[]')
    from public.cohorts c
    cross join lateral (
      select count(*) filter (where role = 'student') as students, count(*) filter (where role = 'instructor') as instructors
      from public.cohort_members m where m.cohort_id = c.id
    ) n
    where c.id = any (shown));
end
$$;

create function private.cohorts_shown() returns uuid[] language plpgsql stable set search_path = '' as $$
begin
  return case when private.is_keeper() then array(select id from public.cohorts) else private.cohorts_taught() end;
end
$$;

-- The members of a cohort, those who teach it first.
create function public.cohort_people(cohort uuid) returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.cohort_people(cohort);
end
$$;

create function private.cohort_people(cohort uuid) returns jsonb language plpgsql stable security definer set search_path = '' as $$
begin
  if not coalesce(cohort = any (private.cohorts_shown()), false) then
    raise exception 'There is no such cohort, or not one you may see.' using errcode = 'P0002';
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'display_name', p.display_name, 'role', m.role, 'added_at', m.added_at)
      order by m.role, lower(p.display_name), p.id), '[]')
    from public.cohort_members m join public.profiles p on p.id = m.user_id
    where m.cohort_id = cohort);
end
$$;

-- The cohort of this id, else of this name, which may be made.
create function private.cohort_named(wanted text, create_missing boolean) returns uuid language plpgsql set search_path = '' as $$
declare
  found_one uuid;
begin
  if wanted is null or btrim(wanted) = '' then
    raise exception 'A cohort needs a name.' using errcode = '22023';
  end if;
  select id into found_one from public.cohorts where id::text = lower(btrim(wanted));
  if found then
    return found_one;
  end if;
  if create_missing then
    insert into public.cohorts (name) values (btrim(wanted)) on conflict (name) do nothing;
  end if;
  select id into found_one from public.cohorts where name = btrim(wanted);
  if not found then
    raise exception 'There is no cohort "%".', left(btrim(wanted), 80) using errcode = 'P0002';
  end if;
  return found_one;
end
$$;

create function private.name_of_cohort(cohort uuid) returns text language plpgsql stable set search_path = '' as $$
begin
  return (select c.name from public.cohorts c where c.id = cohort);
end
$$;

-- Make somebody a student or an instructor of a cohort; where they are in it, change what they are there.
create function public.add_to_cohort(cohort text, person uuid, role text default 'student', create_missing boolean default false)
returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.add_to_cohort(cohort, person, role, create_missing);
end
$$;

create function private.add_to_cohort(cohort text, person uuid, role text, create_missing boolean)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  wanted uuid;
begin
  perform private.require_keeper();
  if role is null or role not in ('student', 'instructor') then
    raise exception 'Unknown role in a cohort "%": use one of instructor, student.', left(role, 80) using errcode = '22023';
  end if;
  perform private.lock_learner(person);
  wanted := private.cohort_named(cohort, create_missing);
  insert into public.cohort_members as m (cohort_id, user_id, role) values (wanted, person, add_to_cohort.role)
  on conflict (cohort_id, user_id) do update set role = excluded.role where m.role <> excluded.role;
  return jsonb_build_object('cohort', private.name_of_cohort(wanted), 'person', person, 'role', role, 'changed', found);
end
$$;

create function public.remove_from_cohort(cohort text, person uuid) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.remove_from_cohort(cohort, person);
end
$$;

create function private.remove_from_cohort(cohort text, person uuid) returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  wanted uuid;
begin
  perform private.require_keeper();
  perform private.lock_learner(person);
  wanted := private.cohort_named(cohort, false);
  delete from public.cohort_members m where m.cohort_id = wanted and m.user_id = person;
  return jsonb_build_object('cohort', private.name_of_cohort(wanted), 'person', person, 'changed', found);
end
$$;

-- How much there is, for those who keep the house.
create function public.status() returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.status();
end
$$;

create function private.status() returns jsonb language plpgsql stable security definer set search_path = '' as $$
begin
  perform private.require_keeper();
  return jsonb_build_object(
    'people', (select count(*) from public.profiles),
    'cohorts', (select count(*) from public.cohorts),
    'interactions', (select count(*) from public.interactions),
    'history_rows', (select count(*) from public.mastery_history),
    'sessions', (select count(*) from public.learning_sessions),
    'concepts', (select count(distinct concept_tag) from public.student_mastery),
    'without_history', (select count(*) from public.student_mastery where last_interaction_id is null),
    'first_activity', (select min(created_at) from public.interactions),
    'last_activity', (select max(created_at) from public.interactions),
    'settings', (select to_jsonb(s) - 'only_row' from public.mastery_settings s),
    'database', current_setting('server_version'));
end
$$;
