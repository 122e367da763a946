"""Storage of resumes in a private S3 bucket, used if AWS_STORAGE_BUCKET_NAME is set."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

# Two attempts to write and two to clean up end before the request timeout of gunicorn.
CONNECT_TIMEOUT_SECONDS = 2
READ_TIMEOUT_SECONDS = 5
ATTEMPTS = 2
IN_MEMORY_BYTES = 1024 * 1024


@contextmanager
def _os_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        # Not for a missing bucket, which does not mean that the file is missing.
        if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
            raise FileNotFoundError("There is no such object.") from error
        raise OSError(f"S3 refused: {error.response['Error']['Code']}.") from error
    except (BotoCoreError, Boto3Error) as error:
        raise OSError(f"S3 is unavailable: {type(error).__name__}.") from error


class PrivateS3Storage(S3Storage):
    """S3 storage that raises OSError like a file system, and FileNotFoundError for a missing object.

    Objects have no ACL and are as private as their bucket; their URLs are never published.
    """

    def __init__(self, **options: Any) -> None:
        # S3 servers other than AWS rarely have a host name for each bucket.
        self.has_own_endpoint = bool(options.get("endpoint_url"))
        super().__init__(**options)

    def get_default_settings(self) -> dict[str, Any]:
        return {
            **super().get_default_settings(),
            "default_acl": None,
            "client_config": Config(
                signature_version="s3v4",
                connect_timeout=CONNECT_TIMEOUT_SECONDS,
                read_timeout=READ_TIMEOUT_SECONDS,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                s3={"addressing_style": "path" if self.has_own_endpoint else "auto"},
                # Not every S3 server supports the newer checksums of AWS.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
            # One request per file: an aborted multipart upload would leave invisible parts.
            "transfer_config": TransferConfig(multipart_threshold=1024**3, use_threads=False),
        }

    def _open(self, name: str, mode: str = "rb") -> File:
        """Fetch the whole object, so that an error occurs before the response has begun."""
        spool = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - the caller closes it
        try:
            with _os_errors():
                shutil.copyfileobj(self.bucket.Object(self._normalize_name(clean_name(name))).get()["Body"], spool)
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return File(spool, name)

    @_os_errors()
    def _save(self, name: str, content: File) -> str:
        return super()._save(name, content)

    delete = _os_errors()(S3Storage.delete)
    exists = _os_errors()(S3Storage.exists)
    listdir = _os_errors()(S3Storage.listdir)
    size = _os_errors()(S3Storage.size)
    get_modified_time = _os_errors()(S3Storage.get_modified_time)
