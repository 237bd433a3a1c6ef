"""What a PKCS#11 library may answer, in the words of the office: return code → code of `signing.protocol`."""

from pkcs11 import exceptions

from signing.protocol import ProtocolError

_CODES = {
    "PinIncorrect": "wrong_pin",
    "PinInvalid": "wrong_pin",
    "PinLenRange": "pin_length",
    "PinTooWeak": "pin_length",
    "PinExpired": "pin_expired",
    "PinLocked": "locked",
    "UserPinNotInitialized": "pin_missing",
    "DeviceRemoved": "removed",
    "TokenNotPresent": "removed",
    "TokenNotRecognised": "removed",
    "SlotIDInvalid": "removed",
    "NoSuchToken": "no_token",
    "DeviceError": "device",
    "DeviceMemory": "memory",
    "HostMemory": "memory",
    "FunctionFailed": "token_error",
    "GeneralError": "token_error",
    "FunctionCancelled": "cancelled",
    "FunctionRejected": "cancelled",
    "FunctionNotSupported": "mechanism",
    "MechanismInvalid": "mechanism",
    "MechanismParamInvalid": "mechanism",
    "KeyFunctionNotPermitted": "mechanism",
    "DataInvalid": "mechanism",
    "DataLenRange": "mechanism",
    "KeyTypeInconsistent": "unfit_key",
    "KeySizeRange": "unfit_key",
    "UserNotLoggedIn": "logged_out",
    "UserAlreadyLoggedIn": "session",
    "AnotherUserAlreadyLoggedIn": "in_use",
    "UserTooManyTypes": "in_use",
    "SessionCount": "in_use",
    "SessionReadWriteSOExists": "in_use",
    "SessionClosed": "session",
    "SessionHandleInvalid": "session",
    "OperationActive": "session",
    "OperationNotInitialized": "session",
    "NoSuchKey": "no_key",
    "KeyHandleInvalid": "no_key",
    "ObjectHandleInvalid": "no_key",
    "MultipleObjectsReturned": "no_key",
}


def told(problem: exceptions.PKCS11Error) -> ProtocolError:
    """The failure a person is told of; its `detail` names the library's own answer (never a PIN)."""
    name = type(problem).__name__
    return ProtocolError(_CODES.get(name, "token_error"), name)
