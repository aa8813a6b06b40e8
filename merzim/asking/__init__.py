"""What commands and pages ask of a house: where cases stand, risks, points, who is authorised."""
