import factory

from accounts.models import AuditEvent, AuditKind, Employer, JobSeeker, Skill, User

PASSWORD = "correct-horse-42"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    role = ""
    password = factory.django.Password(PASSWORD)


class AdminFactory(UserFactory):
    role = "admin"
    is_staff = True
    is_superuser = True


class JobSeekerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = JobSeeker

    user = factory.SubFactory(UserFactory, role="job_seeker")
    first_name = "Ben"
    last_name = factory.Sequence(lambda n: f"Carson{n}")
    phone_number = "080444555666"


class EmployerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Employer

    user = factory.SubFactory(UserFactory, role="employer")
    company_name = factory.Sequence(lambda n: f"Company {n}")
    company_description = "A tech company"
    website = "https://www.example.org"


class SkillFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Skill

    user = factory.LazyFunction(lambda: JobSeekerFactory().user)
    name = factory.Sequence(lambda n: f"Skill {n}")


class AuditEventFactory(factory.django.DjangoModelFactory):
    """Entry of the audit trail."""

    class Meta:
        model = AuditEvent

    kind = AuditKind.SIGN_IN
    user = factory.SubFactory(UserFactory)
    subject = "password"
    address = "203.0.113.0/24"
