"""Access, telemetry, imports, tracking and alerts.

Revision: 0002, after: 0001
"""

from migrations.live import access, alerts, imports, telemetry, tracking

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SUBJECTS = (access, telemetry, imports, tracking, alerts)


def upgrade() -> None:
    for subject in SUBJECTS:
        subject.upgrade()


def downgrade() -> None:
    for subject in reversed(SUBJECTS):
        subject.downgrade()
