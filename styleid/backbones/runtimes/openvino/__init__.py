"""The network executed by OpenVINO, in fp32 and int8."""
